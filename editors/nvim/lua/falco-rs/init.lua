-- Falco rules in Neovim (0.7 and newer) through its own language client.
--
--   require('falco-rs').setup({ cmd = { 'falco-rs', 'lsp' } })
--
-- Starts the server for YAML files that are Falco rules and leaves all others alone.

local M = {}

local defaults = {
  -- How the server is started.
  cmd = { 'falco-rs', 'lsp' },
  -- Called with the client and the buffer when the server takes a buffer on: the place for key mappings.
  on_attach = nil,
  -- What the client can do, where a completion plugin adds to it.
  capabilities = nil,
  -- The server's settings, such as { engineVersion = '0.57.0' }; docs/editors.md has them all.
  settings = nil,
  -- Show the lenses above rules.
  code_lens = true,
}

M.options = vim.deepcopy(defaults)

local HEADS = { 'rule', 'macro', 'list', 'required_engine_version', 'required_plugin_versions' }

--- Whether a buffer holds Falco rules: its name says so, or an item at the left margin has one of Falco's keys.
function M.is_rules(buffer)
  local name = vim.api.nvim_buf_get_name(buffer)
  if name:match('%.falco%-rs%.yaml$') or name:match('_rules%.ya?ml$') or name:match('_rules%.local%.ya?ml$') or name:match('%.falco%.ya?ml$') then
    return true
  end
  for _, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, 2000, false)) do
    local key = line:match('^%-%s+([%w_]+):')
    if key and vim.tbl_contains(HEADS, key) then
      return true
    end
  end
  return false
end

--- The folder that the server works in: the nearest one above with a project file or a repository, else the file's own.
function M.root(buffer)
  local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':p:h')
  local at = folder
  while true do
    for _, mark in ipairs({ '.falco-rs.yaml', '.git' }) do
      if vim.loop.fs_stat(at .. '/' .. mark) then
        return at
      end
    end
    local above = vim.fn.fnamemodify(at, ':h')
    if above == at then
      return folder
    end
    at = above
  end
end

-- The running clients by folder.
local clients = {}

local function show_lenses(client, buffer)
  if not (M.options.code_lens and client.server_capabilities.codeLensProvider) then
    return
  end
  vim.lsp.codelens.refresh()
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
    buffer = buffer,
    callback = function()
      vim.lsp.codelens.refresh()
    end,
  })
end

--- Starts the server for a buffer, or lets the one of its folder take it on. Gives the client's number.
function M.attach(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  local root = M.root(buffer)
  local id = clients[root]
  if not (id and vim.lsp.get_client_by_id(id)) then
    id = vim.lsp.start_client({
      name = 'falco-rs',
      cmd = M.options.cmd,
      root_dir = root,
      workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
      settings = M.options.settings and { ['falco-rs'] = M.options.settings } or nil,
      init_options = M.options.settings,
      capabilities = M.options.capabilities or vim.lsp.protocol.make_client_capabilities(),
      on_attach = function(client, attached)
        vim.bo[attached].omnifunc = 'v:lua.vim.lsp.omnifunc'
        show_lenses(client, attached)
        require('falco-rs.commands').attach(attached)
        if M.options.on_attach then
          M.options.on_attach(client, attached)
        end
      end,
      on_exit = function()
        clients[root] = nil
      end,
    })
    if not id then
      return nil
    end
    clients[root] = id
  end
  vim.lsp.buf_attach_client(buffer, id)
  return id
end

--- Takes on the options, and the YAML files from now on.
function M.setup(options)
  M.options = vim.tbl_extend('force', vim.deepcopy(defaults), options or {})
  vim.api.nvim_create_autocmd('FileType', {
    group = vim.api.nvim_create_augroup('falco-rs', { clear = true }),
    pattern = 'yaml',
    callback = function(event)
      local buffer = event.buf or vim.api.nvim_get_current_buf()
      if M.is_rules(buffer) then
        M.attach(buffer)
      end
    end,
  })
end

return M
