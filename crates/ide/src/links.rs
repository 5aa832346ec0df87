//! Words that lead somewhere: ATT&CK tags to their pages, a rule test's files to the files.

use falco_syntax::TextRange;
use falco_syntax::yaml::{self, Node};

use crate::Analysis;
use crate::names;
use crate::tokens::{self, TokenKind};
use crate::types::FileId;

/// A word that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The word.
    pub range: TextRange,
    /// Where it leads.
    pub target: LinkTarget,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// To a page.
    Url(String),
    /// To a file, given as the text has it: absolute, or relative to the folder of the linking file.
    Path(String),
}

impl Analysis {
    /// The links of a rules file.
    pub fn links(&self, file: FileId) -> Vec<Link> {
        let tags = tokens::of_file(self, file, None).into_iter().filter(|token| token.kind == TokenKind::Tag);
        let link = |range: TextRange| {
            let tag = self.text(file).get(std::ops::Range::<usize>::from(range))?;
            Some(Link { range, target: LinkTarget::Url(attack_page(tag)?) })
        };
        tags.filter_map(|token| link(token.range)).collect()
    }
}

/// The links in the text of a rule test: the rules files and captures that it names.
pub fn links_of_test(text: &str) -> Vec<Link> {
    let parse = yaml::parse(text);
    let mut links = Vec::new();
    let mut add = |node: Node| {
        if let (Some(path), Some(range)) = (node.text().filter(|path| !path.is_empty()), names::content(&node)) {
            links.push(Link { range, target: LinkTarget::Path(path) });
        }
    };
    let elements = |node: Option<Node>| {
        node.and_then(|node| node.as_sequence())
            .map(|sequence| sequence.items().collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let get = |node: &Node, key: &str| node.as_mapping()?.get(key);
    for root in parse.documents().map(|document| document.root()) {
        elements(get(&root, "rules")).into_iter().for_each(&mut add);
        for test in elements(get(&root, "tests")) {
            get(&test, "capture").into_iter().for_each(&mut add);
            get(&test, "events_file").into_iter().for_each(&mut add);
        }
    }
    links
}

/// MITRE's numbers of the tactics that tags name.
const TACTICS: [(&str, &str); 14] = [
    ("mitre_reconnaissance", "TA0043"),
    ("mitre_resource_development", "TA0042"),
    ("mitre_initial_access", "TA0001"),
    ("mitre_execution", "TA0002"),
    ("mitre_persistence", "TA0003"),
    ("mitre_privilege_escalation", "TA0004"),
    ("mitre_defense_evasion", "TA0005"),
    ("mitre_credential_access", "TA0006"),
    ("mitre_discovery", "TA0007"),
    ("mitre_lateral_movement", "TA0008"),
    ("mitre_collection", "TA0009"),
    ("mitre_exfiltration", "TA0010"),
    ("mitre_command_and_control", "TA0011"),
    ("mitre_impact", "TA0040"),
];

/// The page of an ATT&CK tag: `T1059`, `T1059.004`, `T1562-impair-defenses`, `TA0002`, `mitre_execution`.
fn attack_page(tag: &str) -> Option<String> {
    const SITE: &str = "https://attack.mitre.org";
    if let Some((_, number)) = TACTICS.iter().find(|(name, _)| *name == tag) {
        return Some(format!("{SITE}/tactics/{number}/"));
    }
    let is_number = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    let head = tag.split('-').next().unwrap_or(tag);
    if let Some(number) = head.strip_prefix("TA").filter(|number| is_number(number, 4)) {
        return Some(format!("{SITE}/tactics/TA{number}/"));
    }
    let technique = head.strip_prefix('T')?;
    match technique.split_once('.') {
        Some((number, part)) if is_number(number, 4) && is_number(part, 3) => {
            Some(format!("{SITE}/techniques/T{number}/{part}/"))
        }
        None if is_number(technique, 4) => Some(format!("{SITE}/techniques/T{technique}/")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use falco_catalog::language;

    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn tags_lead_to_their_pages() {
        let text = "- rule: R\n  tags: [T1059.004, mitre_execution, T1562-impair-defenses, 'TA0002', container, T12]\n";
        let fixture = Fixture::new(text);
        let links = fixture.analysis.links(FileId(0));
        let shown: Vec<String> = links
            .iter()
            .map(|link| match &link.target {
                LinkTarget::Url(url) => {
                    format!("{} {}", &text[link.range], url.trim_start_matches("https://attack.mitre.org"))
                }
                LinkTarget::Path(path) => path.clone(),
            })
            .collect();
        let expected = [
            "T1059.004 /techniques/T1059/004/",
            "mitre_execution /tactics/TA0002/",
            "T1562-impair-defenses /techniques/T1562/",
            "TA0002 /tactics/TA0002/",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_tactic_of_the_catalogue_has_a_page() {
        for tag in language::tags().filter(|tag| tag.name.starts_with("mitre_")) {
            assert!(attack_page(tag.name).is_some(), "{}", tag.name);
        }
    }

    #[test]
    fn a_test_leads_to_its_files() {
        let text = "rules: [../a.yaml, 'b c.yaml']\ntests:\n  - name: x\n    capture: y.scap\n  - events: []\n";
        let links = links_of_test(text);
        let words: Vec<&str> = links.iter().map(|link| &text[link.range]).collect();
        assert_eq!(words, ["../a.yaml", "b c.yaml", "y.scap"]);
        assert_eq!(links[1].target, LinkTarget::Path("b c.yaml".to_owned()));
    }
}
