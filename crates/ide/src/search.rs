//! Symbols of the whole workspace by parts of their names.

use falco_compiler::{Change, ItemKind, Named};

use crate::Analysis;
use crate::calls::symbol_kind;
use crate::diagnostics::range;
use crate::types::{FileId, NavigationTarget, SymbolKind};

/// A symbol that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSymbol {
    /// How well it goes with what was looked for; more is better.
    pub score: i32,
    /// List, macro or rule.
    pub kind: SymbolKind,
    /// Where it is defined.
    pub target: NavigationTarget,
}

impl Analysis {
    /// Lists, macros and rules whose names have the letters of `query` in this order, in capitals or not; the best `limit` of them,
    /// best first.
    pub fn workspace_symbols(&self, query: &str, limit: usize) -> Vec<FoundSymbol> {
        let query: Vec<char> = query.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        let kinds = [ItemKind::Rule, ItemKind::Macro, ItemKind::List];
        let all = kinds.into_iter().flat_map(|kind| self.compilation().all_named(kind));
        let mut found: Vec<(i32, Named<'_>)> =
            all.filter_map(|named| Some((score(named.name(), &query)?, named))).collect();
        found.sort_by(|(a, a_named), (b, b_named)| b.cmp(a).then_with(|| a_named.name().cmp(b_named.name())));
        found.truncate(limit);
        found.into_iter().filter_map(|(score, named)| symbol(score, named)).collect()
    }
}

fn symbol(score: i32, named: Named<'_>) -> Option<FoundSymbol> {
    let sites = named.sites();
    let site = sites.iter().find(|site| site.change == Change::Define).or(sites.first())?;
    let target = NavigationTarget {
        file: FileId(site.item.file.0),
        full_range: range(site.item),
        focus_range: range(site.name),
        name: named.name().to_string(),
    };
    Some(FoundSymbol { score, kind: symbol_kind(named.kind())?, target })
}

/// How well the letters go with a name; `None` if they are not all there. Letters in a row, at the beginnings of words and at the
/// name's beginning count more, long names less.
fn score(name: &str, query: &[char]) -> Option<i32> {
    let mut score = 0;
    let mut wanted = query.iter().copied();
    let mut next = wanted.next();
    let (mut before, mut hit_before) = (' ', false);
    let mut len = 0;
    for c in name.chars() {
        len += 1;
        let starts_word = !before.is_alphanumeric() || (before.is_lowercase() && c.is_uppercase());
        let hit = next.is_some_and(|wanted| c.to_lowercase().eq(std::iter::once(wanted)));
        if hit {
            score += 1 + if hit_before { 8 } else { 0 } + if starts_word { 6 } else { 0 };
            score += if len == 1 { 4 } else { 0 };
            next = wanted.next();
        }
        (before, hit_before) = (c, hit);
    }
    match next {
        Some(_) => None,
        None => Some(score * 4 - len.min(100)),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    const TEXT: &str = "- list: shell_binaries
  items: [bash]
- macro: spawned_process
  condition: evt.type = execve
- macro: shell_procs
  condition: proc.name in (shell_binaries)
- rule: Terminal shell in container
  desc: d
  condition: spawned_process and shell_procs
  output: x
  priority: INFO
- rule: Terminal shell in container
  enabled: false
  override: {enabled: replace}
";

    fn find(query: &str, limit: usize) -> Vec<String> {
        let fixture = Fixture::new(TEXT);
        let found = fixture.analysis.workspace_symbols(query, limit);
        found.into_iter().map(|symbol| format!("{:?} {}", symbol.kind, symbol.target.name)).collect()
    }

    #[test]
    fn by_letters_in_order_best_first() {
        assert_eq!(find("shell", 9), ["Macro shell_procs", "List shell_binaries", "Rule Terminal shell in container"]);
        assert_eq!(find("SP", 1), ["Macro spawned_process"]);
        assert_eq!(find("tsic", 9), ["Rule Terminal shell in container"]);
        assert_eq!(find("xyz", 9), [] as [&str; 0]);
    }

    #[test]
    fn everything_for_no_letters() {
        assert_eq!(find("", 9).len(), 4);
        assert_eq!(find("", 2).len(), 2);
    }
}
