-- What came of a run: virtual text beside the rules, near misses as hints, alerts in the quickfix list, texts in scratch buffers.

local M = {}

local space = vim.api.nvim_create_namespace('falco-rs-run')
-- The buffers that show something.
local shown = {}

local function many(count, what)
  return ('%d %s%s'):format(count, what, count == 1 and '' or 's')
end

--- A rule's result in a few words.
function M.brief(rule)
  local near = 0
  for _, miss in ipairs(rule.misses) do
    near = near + (miss.distance == 1 and miss.count or 0)
  end
  local text = many(rule.matched, 'alert')
  if near > 0 then
    return text .. (near == 1 and ' · 1 near miss' or (' · %d near misses'):format(near))
  elseif rule.matched == 0 and rule.misses[1] then
    return ('%s · nearest %s away'):format(text, many(rule.misses[1].distance, 'comparison'))
  end
  return text
end

--- Takes away what the last run left.
function M.clear()
  for buffer in pairs(shown) do
    if vim.api.nvim_buf_is_valid(buffer) then
      vim.api.nvim_buf_clear_namespace(buffer, space, 0, -1)
      vim.diagnostic.reset(space, buffer)
    end
  end
  shown = {}
end

local function rules_in(buffer)
  local found = {}
  for line, text in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    local name = text:match('^%s*%-%s+rule:%s+(.-)%s*$')
    if name then
      found[name:match('^"(.*)"$') or name:match("^'(.*)'$") or name] = line - 1
    end
  end
  return found
end

-- Results are of the text that was run: an edit takes those of the buffer away.
local function watch(buffer)
  if shown[buffer] then
    return
  end
  shown[buffer] = true
  vim.api.nvim_buf_attach(buffer, false, {
    on_lines = function()
      if not shown[buffer] then
        return true
      end
      shown[buffer] = nil
      vim.schedule(function()
        if vim.api.nvim_buf_is_valid(buffer) then
          vim.api.nvim_buf_clear_namespace(buffer, space, 0, -1)
          vim.diagnostic.reset(space, buffer)
        end
      end)
      return true
    end,
  })
end

--- Shows a run.
function M.show(buffer, result, title)
  M.clear()
  watch(buffer)
  local lines = rules_in(buffer)
  local list, hints, matched = {}, {}, 0
  for _, rule in ipairs(result.rules) do
    matched = matched + rule.matched
    local line = lines[rule.rule]
    if line then
      local text = ('  %s on %s'):format(M.brief(rule), title)
      vim.api.nvim_buf_set_extmark(buffer, space, line, 0, { virt_text = { { text, 'Comment' } } })
    end
    for _, alert in ipairs(rule.alerts) do
      local text = ('event %d: %s %s'):format(alert.event, alert.priority, alert.output)
      table.insert(list, { bufnr = buffer, lnum = (line or 0) + 1, text = text, type = 'W' })
    end
    local nearest = rule.misses[1]
    for _, failing in ipairs(nearest and rule.matched == 0 and nearest.failing or {}) do
      if failing.uri == vim.uri_from_bufnr(buffer) then
        table.insert(hints, {
          lnum = failing.range.start.line,
          col = failing.range.start.character,
          severity = vim.diagnostic.severity.HINT,
          source = 'falco-rs run',
          message = ('event %d lacks this: it needs %s'):format(nearest.event, failing.needs),
        })
      end
    end
  end
  vim.diagnostic.set(space, buffer, hints)
  vim.fn.setqflist({}, ' ', { title = 'falco-rs: alerts on ' .. title, items = list, context = { capture = result.capture } })
  vim.notify(('falco-rs: %s on %s'):format(many(matched, 'alert'), many(result.events, 'event')))
end

--- Shows what came of rule tests.
function M.show_tests(result)
  local list = {}
  for _, file in ipairs(result.files) do
    for _, problem in ipairs(file.problems) do
      table.insert(list, { filename = file.path, lnum = problem.line, text = problem.message, type = 'E' })
    end
    for _, test in ipairs(file.tests) do
      for _, failure in ipairs(test.failures) do
        local line = type(failure.line) == 'number' and failure.line or test.line
        table.insert(list, { filename = file.path, lnum = line, text = test.name .. ': ' .. failure.message, type = 'E' })
      end
    end
  end
  vim.fn.setqflist({}, ' ', { title = 'falco-rs: rule tests', items = list })
  local counts = result.summary
  vim.notify(('falco-rs: %d passed, %d failed, %d skipped'):format(counts.passed, counts.failed, counts.skipped))
end

--- Shows a text in a window of its own.
function M.scratch(name, text)
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, '\n', { plain = true }))
  vim.bo[buffer].bufhidden = 'wipe'
  vim.bo[buffer].modifiable = false
  vim.cmd('botright split')
  vim.api.nvim_win_set_buf(0, buffer)
  pcall(vim.api.nvim_buf_set_name, buffer, 'falco-rs://' .. name)
end

return M
