;;; falco-rs.el --- Falco rules through Eglot  -*- lexical-binding: t; -*-

;;; Commentary:
;; A mode for files of Falco rules, and the language server for it.  Files named `*_rules.yaml' and the like get the mode by
;; themselves; `falco-rs-mode' turns it on in others.  Emacs 26.3 and newer, with Eglot (part of Emacs 29).

;;; Code:

(require 'eglot)

(defgroup falco-rs nil
  "Falco rules."
  :group 'languages)

(defcustom falco-rs-program "falco-rs"
  "The program whose `lsp' command is the language server."
  :type 'string)

;;;###autoload
(define-derived-mode falco-rs-mode prog-mode "Falco"
  "Rules of Falco: YAML with conditions in it."
  (setq-local comment-start "# ")
  (setq-local indent-tabs-mode nil)
  (setq-local tab-width 2)
  (modify-syntax-entry ?# "<" falco-rs-mode-syntax-table)
  (modify-syntax-entry ?\n ">" falco-rs-mode-syntax-table)
  (modify-syntax-entry ?. "_" falco-rs-mode-syntax-table))

;;;###autoload
(dolist (name '("_rules\\.ya?ml\\'" "_rules\\.local\\.ya?ml\\'" "\\.falco\\.ya?ml\\'"))
  (add-to-list 'auto-mode-alist (cons name 'falco-rs-mode)))

(add-to-list 'eglot-server-programs
             (cons 'falco-rs-mode (lambda (&rest _) (list falco-rs-program "lsp"))))

(provide 'falco-rs)
;;; falco-rs.el ends here
