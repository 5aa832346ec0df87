-- Drives the plugin in a headless Neovim with the real server. `cargo xtask test-editors` starts it with FALCO_RS (the server's program)
-- and WORKSPACE (a folder of its own). Prints a line for each thing tried.

local folder = vim.env.WORKSPACE
vim.opt.runtimepath:prepend(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h'))

local failures = 0

local function check(name, ok, seen)
  print(('%s nvim: %s%s\n'):format(ok and 'ok' or 'FAILED', name, ok and '' or ': ' .. vim.inspect(seen)))
  if not ok then
    failures = failures + 1
  end
end

local function eventually(what)
  return vim.wait(20000, what, 20)
end

local function write(name, text)
  local file = assert(io.open(folder .. '/' .. name, 'w'))
  file:write(text)
  file:close()
end

write('a_rules.yaml', [[
- list: shells
  items: [bash, sh]
- macro: opens
  condition: evt.type in (open, openat)
]])
write('b_rules.yaml', [[
# 🦅 a character that is two units in UTF-16
- rule: Watched
  desc: "🦅"
  condition: opens and proc.name in (shells) and proc.nmae = "🦅"
  output: "%proc.name %fd.name"
  priority: NOTICE
]])
write('notes.yaml', 'rule: of thumb\n')

require('falco-rs').setup({ cmd = { vim.env.FALCO_RS, 'lsp' } })
vim.cmd('filetype on')

vim.cmd('edit ' .. folder .. '/notes.yaml')
check('other YAML is left alone', #vim.lsp.buf_get_clients(0) == 0)
vim.cmd('edit ' .. folder .. '/b_rules.yaml')
local buffer = vim.api.nvim_get_current_buf()
check('the server takes rules on', eventually(function()
  local _, client = next(vim.lsp.buf_get_clients(buffer))
  return client and client.initialized
end))

local function word(text)
  vim.fn.cursor(1, 1)
  vim.fn.search('\\V' .. text, 'cW')
end

local function ask(method, params)
  params = params or vim.lsp.util.make_position_params()
  for _, answer in pairs(vim.lsp.buf_request_sync(buffer, method, params, 20000) or {}) do
    return answer.result
  end
end

local found
eventually(function()
  found = vim.diagnostic.get(buffer)
  return #found > 0
end)
local line = vim.api.nvim_buf_get_lines(buffer, 3, 4, false)[1]
check('diagnostics', #found == 1 and found[1].message:match('proc.nmae') and line:sub(found[1].col + 1, found[1].end_col) == 'proc.nmae', found)

word('nmae')
vim.fn.search('n', 'W')
local items = ask('textDocument/completion') or {}
local labels = vim.tbl_map(function(item)
  return item.label
end, items.items or items)
check('completion', vim.tbl_contains(labels, 'proc.name'), vim.list_slice(labels, 1, 5))

word('fd.name')
local hover = ask('textDocument/hover')
check('hover', hover and hover.contents.value:match('fd%.name'), hover)

word('opens')
vim.lsp.buf.definition()
check('definition', eventually(function()
  return vim.api.nvim_buf_get_name(0):match('a_rules%.yaml$') ~= nil
end), vim.api.nvim_buf_get_name(0))
check('definition, the place', vim.api.nvim_get_current_line():match('^%- macro: opens'), vim.fn.getpos('.'))

vim.cmd('edit ' .. folder .. '/b_rules.yaml')
vim.fn.setline(4, '  condition: opens and proc.name in (shells)')
check('diagnostics go', eventually(function()
  return #vim.diagnostic.get(buffer) == 0
end), vim.diagnostic.get(buffer))
word('opens')
vim.lsp.buf.rename('opening')
local function lines_of(name)
  local of = vim.fn.bufnr(folder .. '/' .. name)
  return of >= 0 and table.concat(vim.api.nvim_buf_get_lines(of, 0, -1, false), '\n') or ''
end
check('rename, here and in the other file', eventually(function()
  return lines_of('b_rules.yaml'):match('condition: opening and') and lines_of('a_rules.yaml'):match('macro: opening\n')
end), { lines_of('a_rules.yaml'), lines_of('b_rules.yaml') })

vim.fn.setline(4, '  condition:    opening   and proc.name in ( shells )')
if vim.lsp.buf.format then
  vim.lsp.buf.format({ timeout_ms = 20000 })
else
  vim.lsp.buf.formatting_sync(nil, 20000)
end
check('formatting', lines_of('b_rules.yaml'):match('\n  condition: opening and proc.name in %(shells%)\n'), lines_of('b_rules.yaml'))
check('formatting keeps the rest', lines_of('b_rules.yaml'):match('^# 🦅 a character'), lines_of('b_rules.yaml'))

-- The commands of our own, on the recording that the repository has.
local capture = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h') .. '/../../../testdata/captures/intrusion.scap'
vim.fn.setline(1, {
  '- rule: Password store',
  '  desc: d',
  '  condition: evt.type in (open, openat) and fd.name = /etc/shadow',
  '  output: read %fd.name',
  '  priority: NOTICE',
})
vim.api.nvim_buf_set_lines(buffer, 5, -1, false, {})
write('b_rules_test.yaml', [[
rules: [b_rules.yaml]
tests:
  - name: wrong
    events: [{evt.type: open, fd.name: /etc/hosts}]
    expect: [{rule: Password store}]
]])
vim.fn.cursor(3, 1)
local space = vim.api.nvim_create_namespace('falco-rs-run')
local function marks()
  return vim.api.nvim_buf_get_extmarks(buffer, space, 0, -1, { details = true })
end
vim.cmd('FalcoRun ' .. capture)
check('run', eventually(function()
  local mark = marks()[1]
  return mark and mark[4].virt_text[1][1]:match('1 alert · %d+ near misses')
end), marks())
local alerts = vim.fn.getqflist()
check('alerts in the quickfix list', #alerts == 1 and alerts[1].text:match('event %d+: Notice read /etc/shadow'), alerts)
vim.fn.setline(3, '  condition: evt.type in (open, openat) and fd.name = /etc/nothing')
check('an edit takes the results away', eventually(function()
  return #marks() == 0
end), marks())
vim.cmd('FalcoRun ' .. capture)
check('near misses are hints', eventually(function()
  local hint = vim.diagnostic.get(buffer, { namespace = space })[1]
  return hint and hint.lnum == 2 and hint.message:match('needs /etc/nothing')
end), vim.diagnostic.get(buffer, { namespace = space }))
vim.cmd('FalcoClear')

-- A text in a window of its own, which is closed again.
local function shows(command, text)
  vim.cmd(command)
  local seen
  local ok = eventually(function()
    seen = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    return vim.api.nvim_get_current_buf() ~= buffer and seen:find(text, 1, true) ~= nil
  end)
  check(':' .. command:match('%w+'), ok, seen)
  if vim.api.nvim_get_current_buf() ~= buffer then
    vim.cmd('close')
  end
end
shows('FalcoExplain ' .. capture, '✗ fd.name = /etc/nothing')
shows('FalcoExpand', 'evt.type in (open, openat)')
shows('FalcoSyntaxTree', 'BlockSeq')
shows('FalcoStatus', 'b_rules.yaml')
vim.cmd('FalcoTests')
check(':FalcoTests', eventually(function()
  local entry = vim.fn.getqflist()[1]
  return entry and entry.text:match('^wrong: ')
end), vim.fn.getqflist())
write('some.scap', '')
check('recordings are completed', vim.deep_equal(vim.fn.getcompletion('FalcoRun so', 'cmdline'), { 'some.scap' }), vim.fn.getcompletion('FalcoRun so', 'cmdline'))

vim.lsp.stop_client(vim.lsp.get_active_clients())
vim.cmd(failures == 0 and 'qall!' or 'cquit!')
