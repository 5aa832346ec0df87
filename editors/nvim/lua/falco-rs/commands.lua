-- Commands for the server's own methods: rules are run, explained and tested as they stand in the buffers.

local results = require('falco-rs.results')

local M = {}

local function client_of(buffer)
  for _, client in pairs(vim.lsp.buf_get_clients(buffer)) do
    if client.name == 'falco-rs' then
      return client
    end
  end
end

local function tell(message, level)
  vim.notify('falco-rs: ' .. message, level or vim.log.levels.INFO)
end

-- The request under way, for :FalcoStop.
local running

--- Asks the server; `done` gets the result.
function M.ask(buffer, method, params, done)
  local client = client_of(buffer)
  if not client then
    return tell('the server is not attached to this buffer', vim.log.levels.ERROR)
  end
  local ok, id = client.request(method, params, function(error, result)
    if running and running.client == client and running.method == method then
      running = nil
    end
    if error then
      tell(error.message, vim.log.levels.ERROR)
    elseif result ~= nil and result ~= vim.NIL then
      done(result)
    else
      tell('the server has no answer', vim.log.levels.WARN)
    end
  end, buffer)
  if ok then
    running = { client = client, id = id, method = method }
  end
end

--- The item under the cursor, of one of the kinds.
function M.item(buffer, kinds)
  local at = vim.api.nvim_win_get_cursor(0)[1]
  for line = at, 1, -1 do
    local text = vim.api.nvim_buf_get_lines(buffer, line - 1, line, false)[1]
    local kind, name = text:match('^%s*%-%s+(%w+):%s+(.-)%s*$')
    if kind and vim.tbl_contains({ 'rule', 'macro', 'list' }, kind) then
      return vim.tbl_contains(kinds, kind) and (name:match('^"(.*)"$') or name:match("^'(.*)'$") or name) or nil
    end
  end
end

local function uri_of(buffer)
  return vim.uri_from_bufnr(buffer)
end

--- The rule that is meant: the one named, else that under the cursor.
local function rule_of(buffer, kinds)
  local name = M.item(buffer, kinds or { 'rule' })
  if not name then
    tell('put the cursor into a rule first', vim.log.levels.WARN)
  end
  return name
end

local function run(buffer, params, title)
  M.ask(buffer, 'falco-rs/run', params, function(result)
    results.show(buffer, result, title)
  end)
end

local function tests(method)
  return function(buffer, options)
    local rule = not options.bang and rule_of(buffer) or nil
    if not rule and not options.bang then
      return
    end
    M.ask(buffer, method, { uri = uri_of(buffer), rule = rule }, results.show_tests)
  end
end

-- Each command: what it takes, what it does.
local COMMANDS = {
  FalcoRun = {
    desc = 'Run the rule under the cursor on a recording; with ! all rules',
    nargs = '?',
    bang = true,
    complete = 'capture',
    action = function(buffer, options)
      local rule = not options.bang and M.item(buffer, { 'rule' }) or nil
      local capture = options.args ~= '' and options.args or nil
      run(buffer, { uri = uri_of(buffer), rule = rule, capture = capture }, capture or 'the recording')
    end,
  },
  FalcoTryLive = {
    desc = 'Run the rule under the cursor on the live kernel for some seconds',
    nargs = '?',
    action = function(buffer, options)
      local rule = rule_of(buffer)
      if rule then
        run(buffer, { uri = uri_of(buffer), rule = rule, live = true, seconds = tonumber(options.args) or 10 }, 'the live kernel')
      end
    end,
  },
  FalcoExplain = {
    desc = 'Explain the rule under the cursor on a recording',
    nargs = '?',
    complete = 'capture',
    action = function(buffer, options)
      local rule = rule_of(buffer)
      if rule then
        local capture = options.args ~= '' and options.args or nil
        M.explain(buffer, { rule = rule, capture = capture })
      end
    end,
  },
  FalcoTests = { desc = 'Run the tests of the rule under the cursor; with ! all', bang = true, action = tests('falco-rs/tests/run') },
  FalcoCoverage = { desc = 'Run the tests with coverage', bang = true, action = tests('falco-rs/coverage') },
  FalcoExpand = {
    desc = 'Show the condition of the rule or macro under the cursor with its macros opened',
    action = function(buffer)
      local rule = rule_of(buffer, { 'rule', 'macro' })
      if rule then
        M.ask(buffer, 'falco-rs/expand', { uri = uri_of(buffer), rule = rule }, function(result)
          results.scratch(rule .. '.condition', result.condition)
        end)
      end
    end,
  },
  FalcoSyntaxTree = {
    desc = 'Show the syntax tree of the buffer',
    action = function(buffer)
      M.ask(buffer, 'falco-rs/syntaxTree', { uri = uri_of(buffer) }, function(tree)
        results.scratch('syntax tree', tree)
      end)
    end,
  },
  FalcoStatus = {
    desc = 'Show what the server works on',
    action = function(buffer)
      M.ask(buffer, 'falco-rs/status', vim.empty_dict(), function(status)
        results.scratch('falco-rs status', vim.inspect(status))
      end)
    end,
  },
  FalcoClear = {
    desc = 'Take away the results of the last run',
    action = function()
      results.clear()
    end,
  },
  FalcoStop = {
    desc = 'End the run under way',
    action = function()
      if running then
        running.client.cancel_request(running.id)
        running = nil
      end
    end,
  },
}

--- Shows the explanation of a rule; `params` may name the recording and the event.
function M.explain(buffer, params)
  params.uri = uri_of(buffer)
  M.ask(buffer, 'falco-rs/explain', params, function(result)
    results.scratch(params.rule .. '.explanation', result.text)
  end)
end

--- Recordings in the project, for completion on the command line.
function M.captures(lead)
  local root = require('falco-rs').root(vim.api.nvim_get_current_buf())
  local found = {}
  for _, pattern in ipairs({ '**/*.scap', '**/*.scap.gz' }) do
    for _, path in ipairs(vim.fn.globpath(root, pattern, false, true)) do
      local name = path:sub(#root + 2)
      if vim.startswith(name, lead) then
        table.insert(found, name)
      end
    end
  end
  return found
end

--- Makes the commands in a buffer.
function M.attach(buffer)
  for name, command in pairs(COMMANDS) do
    vim.api.nvim_buf_create_user_command(buffer, name, function(options)
      command.action(buffer, options)
    end, {
      desc = command.desc,
      nargs = command.nargs or 0,
      bang = command.bang or false,
      complete = command.complete and M.captures or nil,
    })
  end
end

return M
