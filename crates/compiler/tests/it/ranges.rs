//! Where diagnostics stand: the exact bytes, in every style of scalar, and what they say.

use crate::check;

#[test]
fn a_field_in_a_folded_scalar_of_a_macro_is_told_at_the_macro() {
    check(
        r###"
- macro: m
  condition: >
    evt.type = open
    and proc.nam = cat
#       ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn parentheses_outputs_and_priorities() {
    check(
        r###"
- rule: r
  desc: d
  condition: |
    evt.type = open
    and proc.name in (cat, dog
#                             | error: missing `)` at the end of the list
  output: "%proc.nam %fd.name"
#           ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
  priority: WARN
#           ^^^^ error: unknown priority `WARN`; did you mean `Warning`?
"###,
    );
}

#[test]
fn several_mistakes_in_one_rule_are_all_told() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = opne and proc.pid contains 3 and proc.pid = abc and nosuch
#                       ^^^^ error: unknown event type `opne`; did you mean `open`?
#                                         ^^^^^^^^ error: operator `contains` does not apply to `proc.pid`, which is of type integer; these do: exists, <=, <, >=, >, =, !=, intersects, in
#                                                                   ^^^ error: `abc` is no whole number
#                                                                           ^^^^^^ error: undefined macro `nosuch`
  output: "%proc.namefoo %% 100%"
#                        ^^ error: `%%` is no escape: a `%` always starts a field, and none can be printed
#                              ^ error: the text ends with `%`; a field must follow; a `%` cannot be printed; write `percent`
  priority: INFO
"###,
    );
}

#[test]
fn values_of_a_pasted_list_are_told_where_the_list_stands() {
    check(
        r###"
- list: shells
  items: [bash, "z sh"]
- rule: r
  desc: d
  condition: evt.type = open and proc.pid in (shells, 12)
#                                             ^^^^^^ error: `bash` is no whole number
#                                             ^^^^^^ error: `z sh` is no whole number
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn a_list_without_parentheses_is_a_syntax_error() {
    check(
        r###"
- list: shells
  items: [bash, zsh]
- rule: r
  desc: d
  condition: evt.type = open and proc.name in shells
#                                             ^^^^^^ error: unexpected `,` after the value; several values go into a list: `in (a, b)`; a value that contains `,` must be quoted
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn an_escaped_line_break_in_a_double_quoted_scalar() {
    check(
        r###"
- rule: r
  desc: d
  condition: "evt.type = open \
    and proc.name = \"x\" and fd.nam = 1"
#                             ^^^^^^ error: unknown field `fd.nam`; did you mean `fd.name`?
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn exceptions_are_told_at_their_parts() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: [proc.cmdline]
      values: [[a=b], ["c d"], [x, y]]
#                ^ error: unexpected `=` after the value; the values of exception `e` are pasted as text; quote them: '"…"'
#                              ^^^^^^ error: this tuple and `fields` differ in length: 2 and 1
    - name: f
      fields: [proc.nam, fd.name]
#              ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
      comps: [like]
#            ^^^^^^ error: `comps` and `fields` differ in length: 1 and 2
#             ^^^^ error: `like` is no operator
      valeus: []
#     ^^^^^^ warning: an exception has no key `valeus`, and Falco ignores it without a word; did you mean `values`?
- rule: r
  exceptions:
    - name: f
#           ^ warning: an appended exception without `values` changes nothing
  append: true
# ^^^^^^^^^^^^ warning: `append` is deprecated; use `override`
- rule: q
#       ^ error: there is no earlier rule `q` to switch on or off; did you mean `r`?
  enabled: false
# ^^^^^^^^^^^^^^ warning: switching a rule with `enabled` alone is deprecated; add `override: {enabled: replace}`
"###,
    );
}

#[test]
fn changes_in_a_second_file() {
    check(
        r###"
//- a.yaml
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  typo: 1
# ^^^^ warning: unknown key `typo` is ignored in a rule
  priority: DEBUG
# ^^^^^^^^ warning: `priority` stands twice in this item; Falco takes the first and ignores this one
//- b.yaml
- rule: r
  condition: and fd.nam = x
  override:
    condition: append
- rule: r
#       ^ error: rule has no `output`; add `output: …`
#       ^ error: rule has no `priority`; add `priority: …`
  condition: and fd.name = x
#            ^^^ error: expected a check before `and`; `and` stands between two checks
  desc: y
  overide:
# ^^^^^^^ warning: unknown key `overide` is ignored in a rule; did you mean `override`?
    condition: append
- macro: a
#        ^ warning: macro `a` is not used by anything
  condition: b
#            ^ error: macro `b` is used before it is defined; a macro only sees macros that are defined before it; move the definition up
- macro: b
#        ^ warning: macro `b` is not used by anything
  condition: evt.type = open and fd.name startswith
#                                        ^^^^^^^^^^ error: `startswith` needs a blank after it; write `startswith `
"###,
    );
}

#[test]
fn wrong_shapes() {
    check(
        r###"
- rule: r
#       ^ error: rule has no `condition`; add `condition: …`
  desc:
# ^^^^ error: `desc` has no value
  conditon: evt.type = open
# ^^^^^^^^ warning: unknown key `conditon` is ignored in a rule; did you mean `condition`?
  output: ""
#         ^^ error: `output` is an empty text
  priority: [INFO]
#           ^^^^^^ error: `priority` must be a single value, not a sequence
  enabled: maybe
#          ^^^^^ error: `enabled` must be `true` or `false`, not `maybe`
  tags: x
#       ^ error: `tags` must be a sequence, not a single value
- macro
# ^^^^^ error: an item must be a mapping such as `rule: …`, not a single value
- foo: bar
# ^^^ warning: item of unknown kind is ignored: it has none of the keys `rule`, `macro`, `list`, `required_engine_version`, `required_plugin_versions`
- list: l
#       ^ error: list has no `items`; add `items: …`
#       ^ warning: list `l` is not used by anything
"###,
    );
}

#[test]
fn a_mapping_is_no_rules_file() {
    check(
        r###"
rule: x
#^^^^^^^ error: a rules file must be a sequence of items, not a mapping; begin each item with `- rule:`, `- macro:` or `- list:`
desc: y
"###,
    );
}

#[test]
fn a_tab_tears_one_item_only() {
    check(
        r###"
- rule: r
  desc: d
	condition: x
#^ error: a tab cannot be used for indentation; indent with blanks
#           ^ error: undefined macro `x`
"###,
    );
}

#[test]
fn an_unknown_source_silences_the_rest() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open and ka.verb = get and evt.dir = < and proc.name = proc.pname and proc.name regex "^foo$" and tolower(proc.pid) = 1
  output: "%container.info %evt.latency.human"
  priority: INFO
  source: sycall
#         ^^^^^^ warning: unknown event source `sycall`: the rule is skipped; did you mean `syscall`?
"###,
    );
}

#[test]
fn fields_of_other_sources_deprecated_ones_and_hints() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open and ka.verb = get and evt.dir = < and proc.name = proc.pname and proc.name regex "^foo$"
#                                ^^^^^^^ error: field `ka.verb` belongs to events of source `k8s_audit`, not of `syscall`; set the rule's `source` to `k8s_audit`
#                                                  ^^^^^^^ warning: field `evt.dir` is deprecated
#                                                                              ^^^^^^^^^^ warning: `proc.pname` is compared as text, but it is the name of a field; write `val(proc.pname)` to compare with the field's value
#                                                                                                             ^^^^^^^ warning: the pattern `^foo$` needs no regular expression; use a simpler operator: `=`, `contains`, `startswith` or `endswith`
  output: "%container.info %evt.latency.human"
#          ^^^^^^^^^^^^^^^ warning: `%container.info` is deprecated and stands for nothing; the container plugin's fields are `%container.id`, `%container.name` and others
#                           ^^^^^^^^^^^ warning: field `evt.latency` is deprecated, and the output names it
#                           ^^^^^^^^^^^^^^^^^ warning: field `evt.latency.human` is deprecated, and the output names it
  priority: INFO
"###,
    );
}

#[test]
fn doubled_quotes_of_a_single_quoted_scalar() {
    check(
        r###"
- rule: r
  desc: d
  condition: 'evt.type = open and proc.name = ''it'' and proc.nam = x'
#                                                        ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn plain_scalars_and_outputs_over_several_lines() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open
    and proc.name = a
    and proc.nam = x
#       ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
    and fd.nam = y
#       ^^^^^^ error: unknown field `fd.nam`; did you mean `fd.name`?
  output: >-
    file %fd.name by
    %proc.nam
#    ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
  priority: INFO
"###,
    );
}

#[test]
fn deeper_lines_of_a_folded_scalar() {
    check(
        r###"
- rule: r
  desc: d
  condition: >
    evt.type = open and
      proc.nam = x
#     ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?

    and fd.nam = y
#       ^^^^^^ error: unknown field `fd.nam`; did you mean `fd.name`?
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn an_alias_is_told_at_its_anchor() {
    check(
        r###"
- macro: base
  condition: &c evt.type = open and proc.nam = x
#                                   ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
- rule: r
  desc: d
  condition: *c
  output: x
  priority: INFO
- rule: s
  desc: d
  condition: base
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn appended_text_of_another_file() {
    check(
        r###"
//- a.yaml
- macro: m
  condition: evt.type = open
- rule: r
  desc: d
  condition: m
  output: x
  priority: INFO
//- b.yaml
- macro: m
  condition: or fd.nam = y
#               ^^^^^^ error: unknown field `fd.nam`; did you mean `fd.name`?
  override:
    condition: append
- rule: r
  output: "%nosuch.field"
#           ^^^^^^^^^^^^ error: unknown field `nosuch.field`
  override:
    output: append
"###,
    );
}

#[test]
fn constants_of_every_type() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type in (open, opne) and fd.sip = 10.0.0.0/8 and fd.snet = 10.0.0.1 and fd.sport = htttp and evt.is_io = True and evt.num = 0x10 and proc.name regex "\\d+" and evt.buffer bcontains xyz and proc.name contains (a)
#                               ^^^^ error: unknown event type `opne`; did you mean `open`?
#                                                  ^^^^^^^^^^ error: `10.0.0.0/8` is a network, not an address
#                                                                           ^^^^^^^^ error: `10.0.0.1` is no network: it has no prefix length such as `/24`
#                                                                                                   ^^^^^ error: `htttp` is neither a port number nor the name of a service
#                                                                                                                         ^^^^ error: `True` is no boolean: write `true` or `false`
#                                                                                                                                            ^^^^ error: `0x10` is no whole number; hexadecimal numbers are not read here; write `16`
#                                                                                                                                                                     ^^^^^^ error: bad regular expression: escape `\d` is not available in POSIX mode; write `[[:digit:]]`
#                                                                                                                                                                                                     ^^^ error: `xyz` is no even number of hexadecimal digits
#                                                                                                                                                                                                                                ^ error: `contains` takes one value, not a list; for several values, write `contains anyof (…)`
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn fields_arguments_and_transformers() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open and proc.aname[x] = a and proc.name[0] = b and evt.arg = c and evt.arg.flgas = d and tolower(proc.pid) = x and concat(proc.name) = x and join(',', proc.name) = x and toupper(proc.name)[x] = y and proc.pid = val(proc.name) and proc.name regex val(proc.pname) and proc.name = val(proc.aname) and tolower(evt.type) = open and fd.types = file
#                                ^^^^^^^^^^^^^ error: `proc.aname[x]` is not how field `proc.aname` takes an argument; it takes [index]
#                                                      ^^^^^^^^^^^^ error: field `proc.name` takes no argument
#                                                                           ^^^^^^^ error: field `evt.arg` needs an argument
#                                                                                           ^^^^^^^^^^^^^ error: no event has a parameter `flgas`; did you mean `evt.arg.flags`?
#                                                                                                                         ^^^^^^^^ error: `tolower` takes a string; `proc.pid` is of type integer
#                                                                                                                                           ^^^^^^^^^^^^^^^^^ error: `concat` takes two arguments or more, not 1
#                                                                                                                                                                               ^^^^^^^^^ error: `join` takes a list as second argument; `proc.name` is of type string
#                                                                                                                                                                                                                     ^ error: `toupper` takes no argument in brackets
#                                                                                                                                                                                                                                           ^^^^^^^^^^^^^^ error: `proc.pid` is of type integer, but `proc.name` is of type string; both sides must have the same type
#                                                                                                                                                                                                                                                                              ^^^^^^^^^^^^^^^ error: `regex` takes constants only
#                                                                                                                                                                                                                                                                                                              ^^^^^^^^^^^^^^^ error: `proc.aname` cannot stand on the right side of a comparison
#                                                                                                                                                                                                                                                                                                                                  ^^^^^^^^^^^^^^^^^^^^^^^^ error: `evt.type` cannot be used under a transformer
#                                                                                                                                                                                                                                                                                                                                                                        ^ error: operator `=` does not apply to `fd.types`, which is of type list of string; these do: exists, intersects, in
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn incomplete_conditions() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open and not
#                                ^^^ error: `not` is read as the name of a macro here, and there is none; something is missing next to it
  output: x
  priority: INFO
- rule: s
  desc: d
  condition: evt.type = open and (proc.name = a
#                                              | error: missing `)`
  output: x
  priority: INFO
- rule: t
  desc: d
  condition: evt.type = open AND proc.name = "a
#                            ^^^ error: `AND` is not an operator; write `and`
#                                            ^^ error: missing closing quote; close the text with the same quote
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn overrides() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
- rule: r
  priority: ERROR
  override: {priority: append}
#            ^^^^^^^^ error: `priority` cannot be appended to; use `replace`
- rule: r
  source: syscall
  override: {source: replace}
#            ^^^^^^ error: `source` cannot be overridden in a rule
- rule: r
  condition: and proc.name = x
  override: {condition: merge}
#                       ^^^^^ error: unknown override operation `merge`; it is `append` or `replace`
- rule: r
  override: {condition: append}
#            ^^^^^^^^^ error: `override` names `condition`, but the item has no `condition`
- rule: r
  condition: and proc.name = x
  desc: y
# ^^^^ error: `desc` is given, but `override` does not say what to do with it; add `desc: replace` to `override`
  override: {condition: append}
- rule: r
  condition: and proc.name = x
  append: true
# ^^^^^^ error: `append: true` and `override` exclude each other
# ^^^^^^^^^^^^ warning: `append` is deprecated; use `override`
  override: {condition: append}
- rule: r
  condition: and proc.name = x
  override: [condition]
#           ^^^^^^^^^^^ error: `override` must be a mapping such as `condition: append`, not a sequence
- rule: r
  condition: and proc.name = x
#            ^^^ error: expected a check before `and`; `and` stands between two checks
  output: b
  priority: x
#           ^ error: unknown priority `x`; it is one of Emergency, Alert, Critical, Error, Warning, Notice, Informational, Debug
  desc: y
  override: append
#           ^^^^^^ warning: this `override` has no effect; it must be a mapping such as `condition: append`
- list: l
#       ^ warning: list `l` is not used by anything
  items: [a]
  override: {itmes: append}
#            ^^^^^ error: `itmes` cannot be overridden in a list; did you mean `items`?
"###,
    );
}

#[test]
fn requirements() {
    check(
        r###"
- required_engine_version: 9999
#                          ^^^^ error: these rules require engine version 0.9999.0, but the engine has version 0.62.0
- required_engine_version: 0.62.0
- required_engine_version: x
#                          ^ error: `x` is no version: write `x.y.z` or a whole number
- required_plugin_versions:
  - name: json
#   ^^^^ error: plugin requirement has no `version`; add `version: …`
  - {name: json, version: one}
#                         ^^^ error: `one` is no version of the form `x.y.z`
  - {name: json, version: 0.1.0, alternatives: [{name: json, version: 0.2.0}]}
#                                                      ^^^^ error: plugin `json` is named twice in one requirement
  - just text
#   ^^^^^^^^^ error: a plugin requirement must be a mapping, not a single value
- required_plugin_versions: json
#                           ^^^^ error: `required_plugin_versions` must be a sequence, not a single value
"###,
    );
}

#[test]
fn macros_that_do_not_see_each_other() {
    check(
        r###"
- macro: m1
  condition: evt.type = open
- macro: m2
#        ^^ warning: macro `m2` is not used by anything
  condition: m1
- macro: m1
  condition: m2
#            ^^ error: macro `m1` uses itself through `m2`
- macro: self
#        ^^^^ warning: macro `self` is not used by anything
  condition: evt.type = open or self
#                               ^^^^ error: macro `self` uses itself
- macro: self
  condition: or self
  override: {condition: append}
- macro: my-m
#        ^^^^ warning: no condition can use a macro named `my-m`: it is no identifier; begin with a letter; then letters, digits and `_` may follow
#        ^^^^ warning: macro `my-m` is not used by anything
  condition: evt.type = open
- list: my list
#       ^^^^^^^ warning: `my list` is no good name for a list: it has blanks, quotes or one of `( ) , =`
#       ^^^^^^^ warning: list `my list` is not used by anything
  items: [x]
"###,
    );
}

#[test]
fn broken_exceptions() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions:
    - name: e
      fields: proc.name
      comps: startswith
#            ^^^^^^^^^^ error: `startswith` cannot be used with a single field: only `in`, `pmatch`, `intersects` and forms such as `startswith anyof` can; write `fields` and `comps` as sequences of one
      values: [a]
    - name: f
      fields: proc.name
      values: [[a]]
#              ^^^ error: a value must be a single value, since `fields` is a single field
    - name: g
      fields: []
#             ^^ error: `fields` is an empty sequence
    - fields: proc.name
#     ^^^^^^ error: exception has no `name`; add `name: …`
    - name: h
#           ^ error: exception has no `fields`; add `fields: …`
      values: [[a]]
    - name: i
      fields: [proc.name, fd.name]
      values: [[a], b]
#              ^^^ error: this tuple and `fields` differ in length: 1 and 2
#                   ^ error: a tuple is a sequence of 2 here, like `fields`
    - name: j
      fields: tolower(proc.nam)
#             ^^^^^^^^^^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
      values: x
#             ^ error: `values` must be a sequence, not a single value
    - x
#     ^ error: an exception must be a mapping, not a single value
- rule: r
  exceptions:
    - name: e
      fields: proc.name
#             ^^^^^^^^^ error: exception `e` exists: an append may only add values, not `fields`
      values: [b]
    - name: new
#           ^^^ warning: an appended exception without `values` changes nothing
#           ^^^ error: there is no exception `new` to append to, and a new one needs `values`
      fields: [proc.name]
    - name: newer
#           ^^^^^ error: there is no exception `newer` to append to, and a new one needs `fields`
      values: [x]
  override: {exceptions: append}
- rule: q
  desc: d
  condition: evt.type = open
  output: x
  priority: INFO
  exceptions: ~
- rule: q
  exceptions:
    - name: e
#           ^ error: exception `e` needs `comps`: a replaced exception has no defaults; add `comps: in`
      fields: proc.name
      values: [b]
    - name: f
#           ^ error: exception `f` needs `comps`: a replaced exception has no defaults; add `comps: [=, …]`, one operator for each field
      fields: [proc.name, fd.name]
      values: [[b, c]]
  override: {exceptions: replace}
"###,
    );
}

#[test]
fn events_and_skipped_rules() {
    check(
        r###"
- rule: r
#       ^ warning: the condition does not restrict the event type: the rule is evaluated for every event; begin the condition with `evt.type in (…)`, or set `warn_evttypes: false`
  desc: d
  condition: proc.name = x
  output: x
  priority: INFO
- rule: s
#       ^ warning: the condition allows 452 event types: the rule is evaluated for nearly every event; begin the condition with `evt.type in (…)`, or set `warn_evttypes: false`
  desc: d
  condition: evt.type != open
  output: x
  priority: INFO
- rule: t
#       ^ warning: no event type satisfies the condition
  desc: d
  condition: evt.type = open and evt.type = close
  output: x
  priority: INFO
- rule: u
  desc: d
  condition: evt.type = open and proc.nam = x
#                                ^^^^^^^^ warning: unknown field `proc.nam`; did you mean `proc.name`?
  output: x
  priority: INFO
  skip-if-unknown-filter: true
- rule: v
  desc: d
  condition: evt.type = open
  output: "%proc.nam"
#           ^^^^^^^^ warning: unknown field `proc.nam`; did you mean `proc.name`?
  priority: INFO
  skip-if-unknown-filter: true
"###,
    );
}

#[test]
fn lists_in_lists_and_in_quotes() {
    check(
        r###"
- list: a
  items: [x]
- list: b
  items: [a]
- list: c
  items: [b]
#         ^ warning: list `a` is two levels deep here, through `b`, and stays the plain text `a`; name `a` in list `c` itself
- rule: r
  desc: d
  condition: evt.type = open and proc.name in (c) and proc.cmdline contains "x a y"
#                                                                              ^ warning: list `a` is pasted into this quoted text; give the list another name
  output: "%proc.name[0] %user.name.x %proc.pid.%fd.name, done."
#                    ^^^ warning: `[0]` is no part of the field `%proc.name` and is printed as it stands
#                                  ^^ warning: `.x` is no part of the field `%user.name` and is printed as it stands
  priority: INFO
- macro: unused
#        ^^^^^^ warning: macro `unused` is not used by anything
  condition: nosuch.field = 1 and ka.verb = get
#            ^^^^^^^^^^^^ warning: unknown field `nosuch.field`
"###,
    );
}

#[test]
fn an_item_with_broken_yaml_hides_no_other() {
    check(
        r###"
- rule: r
  desc: d
	condition: x
#^ error: a tab cannot be used for indentation; indent with blanks
#           ^ error: undefined macro `x`
- rule: s
  desc: d
  condition: evt.type = open and proc.nam = x
#                                ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn lists_in_block_scalars() {
    check(
        r###"
- list: l
  items:
    - "a b"
    - c
- rule: r
  desc: d
  condition: >-
    evt.type = open and
    proc.name in (l) and
    fd.num in (1, l)
#                 ^ error: `a b` is no whole number
#                 ^ error: `c` is no whole number
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn a_macro_is_told_although_its_user_is_broken() {
    check(
        r###"
- macro: m
  condition: evt.type = open and proc.name == val(proc.pname) and proc.name = 'tolower(proc.pname)'
#                                                                             ^^^^^^^^^^^^^^^^^^^^^ warning: `tolower(proc.pname)` is compared as text, but it looks like a transformer call; remove the quotes to call the transformer
- rule: r
  desc: d
  condition: m and "x
#                  ^ error: quoted text cannot stand here; a check starts with a field
  output: x
  priority: INFO
"###,
    );
}

#[test]
fn line_breaks_of_windows_count_as_bytes() {
    let text = "- rule: r\r\n  desc: d\r\n  condition: >\r\n    evt.type = open\r\n    and proc.nam = x\r\n  output: x\r\n  priority: INFO\r\n";
    let compilation = falco_compiler::compile(&[crate::file(text)], &crate::options());
    let spans: Vec<&str> = compilation.iter().map(|d| &text[d.span.range()]).collect();
    assert_eq!(spans, ["proc.nam"]);
}

#[test]
fn rules_inside_of_another_document_are_told_there() {
    use falco_syntax::{SourceMap, TextRange};
    // As a scalar of a Kubernetes resource: every line is indented by four.
    let inner = "- macro: m\n  condition: fd.nam = x\n- rule: r\n  desc: d\n  condition: evt.type = open and m\n  output: x\n  priority: INFO\n";
    let mut outer = String::from("spec:\n  inlineRules: |\n");
    let mut map = SourceMap::default();
    let mut at = 0u32;
    for line in inner.split_inclusive('\n') {
        outer.push_str("    ");
        let (start, len) = (outer.len() as u32, line.len() as u32);
        map.push(TextRange::at(at.into(), len.into()), TextRange::at(start.into(), len.into()));
        outer.push_str(line);
        at += len;
    }
    let file = falco_compiler::SourceFile::embedded("r.yaml", inner, std::sync::Arc::new(map));
    let compilation = falco_compiler::compile(&[file], &crate::options());
    let spans: Vec<&str> = compilation.iter().map(|d| &outer[d.span.range()]).collect();
    assert_eq!(spans, ["fd.nam"]);
}

#[test]
fn a_macro_of_two_sources_says_whose_rules_are_meant() {
    let text = "- macro: m\n  condition: ka.verb = get\n- rule: a\n  desc: d\n  condition: evt.type = open and m\n  output: x\n  priority: INFO\n- rule: b\n  desc: d\n  condition: m\n  output: x\n  priority: INFO\n  source: k8s_audit\n";
    let compilation = falco_compiler::compile(&[crate::file(text)], &crate::options());
    let [diagnostic] = compilation.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", compilation.diagnostics()) };
    assert_eq!(&text[diagnostic.span.range()], "ka.verb");
    assert_eq!(diagnostic.labels[0].message, "rule `a` of source `syscall` uses the macro");
}

#[test]
fn recovery_tells_no_tales() {
    check(
        r###"
- rule: r
  desc: d
  condition: evt.type = open and fd.name = a b and nosuch
#                                            ^ error: unexpected `b` after the check; did you forget `and` or `or`? a value with blanks must be quoted: `"a b"`
#                                                  ^^^^^^ error: undefined macro `nosuch`
  output: x %tolower(proc.nam) %concat(proc.name) %len(')
#                    ^^^^^^^^ error: unknown field `proc.nam`; did you mean `proc.name`?
#                               ^^^^^^^^^^^^^^^^^ error: `concat` takes two arguments or more, not 1
#                                                 ^^^^^ error: missing closing quote
  priority: INFO
"###,
    );
}

/// What is missing at the end of a block scalar is missing right behind its last character, not behind its line breaks.
#[test]
fn a_parenthesis_that_stays_open_at_the_end_of_a_block_scalar() {
    check(
        r#"
- rule: folded
  desc: d
  condition: >
    evt.type = open
    and proc.name = cat and (
#                            | error: expected a check, found the end of the condition; a check is `field operator value`, a macro's name, or a group in parentheses
  output: x
  priority: INFO
- rule: folded and stripped
  desc: d
  condition: >-
    evt.type = open and (
#                        | error: expected a check, found the end of the condition; a check is `field operator value`, a macro's name, or a group in parentheses

  output: x
  priority: INFO
- macro: literal
#        ^^^^^^^ warning: macro `literal` is not used by anything
  condition: |
    evt.type = open
    and not (
#            | error: expected a check, found the end of the condition; a check is `field operator value`, a macro's name, or a group in parentheses
"#,
    );
}
