;;; test.el --- Drives falco-rs.el with the real server  -*- lexical-binding: t; -*-

;;; Commentary:
;; `cargo xtask test-editors' starts it in a batch Emacs with FALCO_RS (the server's program) and WORKSPACE (a folder of its own).
;; Prints a line for each thing tried.

;;; Code:

(package-initialize) ; Debian puts Eglot among the packages
(load (expand-file-name "falco-rs.el" (file-name-directory load-file-name)))
(setq falco-rs-program (getenv "FALCO_RS")
      eglot-sync-connect 30
      eglot-confirm-server-initiated-edits nil
      make-backup-files nil)

;; Nobody is there to say yes to edits of files that are not open.
(fset 'y-or-n-p (lambda (&rest _) t))

(defvar failures 0)
(defvar folder (file-name-as-directory (getenv "WORKSPACE")))

(defun check (name ok &optional seen)
  (princ (format "%s emacs: %s%s\n" (if ok "ok" "FAILED") name (if ok "" (format ": %S" seen))))
  (unless ok (setq failures (1+ failures))))

(defun eventually (what)
  (let ((deadline (+ (float-time) 20)) (result nil))
    (while (and (not (setq result (funcall what))) (< (float-time) deadline))
      (accept-process-output nil 0.05))
    result))

(defun write (name text)
  (let ((coding-system-for-write 'utf-8)) (write-region text nil (concat folder name) nil 'quiet)))

(defun ask (method &optional params)
  (jsonrpc-request (eglot--current-server-or-lose) method (or params (eglot--TextDocumentPositionParams))))

(defun at (text)
  (goto-char (point-min))
  (search-forward text)
  (goto-char (match-beginning 0)))

(write "a_rules.yaml" "- list: shells
  items: [bash, sh]
- macro: opens
  condition: evt.type in (open, openat)
")
(write "b_rules.yaml" "# 🦅 a character that is two units in UTF-16
- rule: Watched
  desc: \"🦅\"
  condition: opens and proc.name in (shells) and proc.nmae = \"🦅\"
  output: \"%proc.name %fd.name\"
  priority: NOTICE
")

(find-file (concat folder "b_rules.yaml"))
(check "the mode is chosen by the name" (eq major-mode 'falco-rs-mode) major-mode)
(eglot '(falco-rs-mode) (cons 'transient folder) 'eglot-lsp-server (list falco-rs-program "lsp") "falco")
(check "the server takes rules on" (eglot-current-server))

(flymake-start)
(let ((found (eventually (lambda () (flymake-start) (flymake-diagnostics)))))
  (check "diagnostics"
         (and (= 1 (length found))
              (equal "proc.nmae" (buffer-substring (flymake-diagnostic-beg (car found)) (flymake-diagnostic-end (car found)))))
         (mapcar #'flymake-diagnostic-text found)))

(at "nmae")
(forward-char 1)
(let* ((answer (ask :textDocument/completion))
       (items (append (if (vectorp answer) answer (plist-get answer :items)) nil)))
  (check "completion" (seq-find (lambda (item) (equal "proc.name" (plist-get item :label))) items) (length items)))

(at "fd.name")
(let ((value (plist-get (plist-get (ask :textDocument/hover) :contents) :value)))
  (check "hover" (and value (string-match-p "fd\\.name" value)) value))

(at "opens")
(let ((xref (car (xref-backend-definitions 'eglot "LSP identifier at point."))))
  (check "definition"
         (and xref (string-suffix-p "a_rules.yaml" (xref-location-group (xref-item-location xref))))
         xref))

(at "condition:")
(delete-region (point) (line-end-position))
(insert "condition: opens and proc.name in (shells)")
;; Edits are sent when Emacs is idle, which it never is in a batch.
(eglot--signal-textDocument/didChange)
(check "diagnostics go" (eventually (lambda () (flymake-start) (null (flymake-diagnostics)))))
(at "opens")
(eglot-rename "opening")
(defun text-of (name)
  (with-current-buffer (find-file-noselect (concat folder name)) (buffer-string)))
(check "rename, here and in the other file"
       (eventually (lambda () (and (string-match-p "condition: opening and" (text-of "b_rules.yaml"))
                                   (string-match-p "macro: opening\n" (text-of "a_rules.yaml")))))
       (list (text-of "a_rules.yaml") (text-of "b_rules.yaml")))

(at "condition:")
(delete-region (point) (line-end-position))
(insert "condition:    opening   and proc.name in ( shells )")
(eglot-format-buffer)
(check "formatting" (string-match-p "\n  condition: opening and proc.name in (shells)\n" (buffer-string)) (buffer-string))

(eglot-shutdown (eglot-current-server))
(dolist (buffer (buffer-list)) (with-current-buffer buffer (set-buffer-modified-p nil)))
(kill-emacs (if (zerop failures) 0 1))

;;; test.el ends here
