//! Events made of field values, for rule tests: what a table does not name has no value.
//!
//! Values are typed by the catalogue, so that `proc.pid: "7"` and `proc.pid: 7` are the same. Fields that name one fact in several
//! ways agree without being repeated: `proc.aname: [bash, sshd]` also gives `proc.pname` and `proc.aname[2]`; `fd.ip` comes from
//! `fd.cip` and `fd.sip`; `evt.type` gives `syscall.type`, `evt.dir` and `evt.type.is.NAME`.

use std::net::IpAddr;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::event::{self, GENERIC_X};
use falco_catalog::field as ids;
use falco_catalog::{Catalog, EventType, FieldArg, FieldId, FieldRef, ParamType, Syscall};
use ipnet::IpNet;
use rustc_hash::FxHashMap;

use super::paths::join_items;
use crate::render::time::{put_datetime, put_iso8601, put_time};
use crate::value::{FieldSource, Value};

/// How many ancestors are looked for one by one.
const MAX_ANCESTORS: i64 = 64;

/// A value as a test writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum MapValue {
    /// No value: takes back what a default gave.
    Null,
    /// Text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A whole number that is too large for the other kind.
    Uint(u64),
    /// A number with a fraction.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Several.
    List(Vec<MapValue>),
}

impl MapValue {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "text",
            Self::Int(_) | Self::Uint(_) => "a number",
            Self::Float(_) => "a fraction",
            Self::Bool(_) => "a truth value",
            Self::List(_) => "a list",
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Int(n) => Some(n.to_string()),
            Self::Uint(n) => Some(n.to_string()),
            Self::Float(x) => Some(x.to_string()),
            Self::Bool(b) => Some(b.to_string()),
            Self::Null | Self::List(_) => None,
        }
    }
}

impl From<&str> for MapValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for MapValue {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<bool> for MapValue {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&serde_json::Value> for MapValue {
    /// Objects, which no field can hold, count as nothing.
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null | Value::Object(_) => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(n), _) => Self::Int(n),
                (None, Some(n)) => Self::Uint(n),
                (None, None) => n.as_f64().map_or(Self::Null, Self::Float),
            },
        }
    }
}

impl<T: Into<MapValue>> From<Vec<T>> for MapValue {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// Why a table of values makes no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// No such field for events of the source, or an argument that it cannot take.
    #[error("{reason} for events of source `{source_name}`{}", hint(.suggestion.as_deref()))]
    Field {
        /// What is wrong.
        reason: String,
        /// The event source.
        source_name: String,
        /// A field that was perhaps meant.
        suggestion: Option<String>,
    },
    /// A value that the field cannot have.
    #[error("`{field}` wants {expected}, not {found}{}", hint(.suggestion.as_deref()))]
    Value {
        /// The field.
        field: String,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        found: String,
        /// What was perhaps meant.
        suggestion: Option<String>,
    },
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map(|s| format!("; did you mean `{s}`?")).unwrap_or_default()
}

/// A value kept by the table.
#[derive(Debug, Clone, PartialEq)]
enum Owned {
    Bytes(Vec<u8>),
    Int(i64),
    Uint(u64),
    Bool(bool),
    Ip(IpAddr),
    Net(IpNet),
    Double(f64),
    List(Vec<Owned>),
}

/// An event made of field values.
#[derive(Debug, Clone)]
pub struct MapSource {
    source: String,
    timestamp: u64,
    event_type: Option<EventType>,
    values: FxHashMap<FieldId, Vec<(FieldArg, Owned)>>,
}

impl MapSource {
    /// An event of a source, without values and at the beginning of time.
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), timestamp: 0, event_type: None, values: FxHashMap::default() }
    }

    /// An event of a source with these values.
    pub fn from_values<'v>(
        catalog: &Catalog,
        source: &str,
        values: impl IntoIterator<Item = (&'v str, MapValue)>,
    ) -> Result<Self, MapError> {
        let mut event = Self::new(source);
        for (name, value) in values {
            event.set(catalog, name, &value)?;
        }
        Ok(event)
    }

    /// Sets the event's time, in nanoseconds since the epoch.
    pub fn set_timestamp(&mut self, timestamp: u64) {
        self.timestamp = timestamp;
    }

    /// Sets a field, with its argument in the name as rules write it. [`MapValue::Null`] takes it away.
    pub fn set(&mut self, catalog: &Catalog, name: &str, value: &MapValue) -> Result<(), MapError> {
        let field = catalog.resolve(&self.source, name).map_err(|error| MapError::Field {
            reason: error.to_string(),
            source_name: self.source.clone(),
            suggestion: catalog.suggest(&self.source, name).filter(|s| *s != name).map(str::to_owned),
        })?;
        if *value == MapValue::Null {
            if field.id == ids::EVT_TYPE {
                self.event_type = None;
            }
            self.remove(&field);
            return Ok(());
        }
        let owned = convert(&field, name, value)?;
        match (field.id, &owned) {
            (ids::EVT_TYPE, Owned::Bytes(text)) => self.set_type(catalog, name, text)?,
            (ids::EVT_RAWTIME, Owned::Uint(ts)) => self.timestamp = *ts,
            _ => {}
        }
        self.remove(&field);
        self.values.entry(field.id).or_default().push((field.arg, owned));
        Ok(())
    }

    fn remove(&mut self, field: &FieldRef) {
        if let Some(values) = self.values.get_mut(&field.id) {
            values.retain(|(arg, _)| *arg != field.arg);
        }
    }

    fn set_type(&mut self, catalog: &Catalog, field: &str, text: &[u8]) -> Result<(), MapError> {
        let name = String::from_utf8_lossy(text);
        if !catalog.is_known_event(&name) {
            return Err(MapError::Value {
                field: field.to_owned(),
                expected: "the name of an event or system call",
                found: format!("`{name}`"),
                suggestion: catalog.suggest_event(&name).map(str::to_owned),
            });
        }
        let codes = event::by_name(&name);
        let current = |ty: &&EventType| ty.info().is_some_and(|info| info.is_used() && !info.flags.old_version());
        self.event_type = codes
            .iter()
            .filter(current)
            .find(|ty| ty.is_exit())
            .or_else(|| codes.iter().find(current))
            .or_else(|| codes.last())
            .copied()
            .or_else(|| Syscall::by_name(&name).map(|_| GENERIC_X));
        Ok(())
    }

    fn given(&self, id: FieldId, arg: &FieldArg) -> Option<&Owned> {
        self.values.get(&id)?.iter().find(|(a, _)| a == arg).map(|(_, value)| value)
    }

    fn plain(&self, id: FieldId) -> Option<&Owned> {
        self.given(id, &FieldArg::None)
    }

    /// What other fields say about this one.
    fn derive<'a>(&'a self, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
        let plain = |id| self.plain(id).map(|value| value.view(arena));
        if let Some(lineage) = Lineage::of(field.id) {
            return self.ancestor(lineage, field, arena);
        }
        match field.id {
            ids::FD_CNET => plain(ids::FD_CIP),
            ids::FD_SNET => plain(ids::FD_SIP),
            ids::FD_LNET => plain(ids::FD_LIP),
            ids::FD_RNET => plain(ids::FD_RIP),
            ids::FD_IP => self.ends(&[ids::FD_CIP, ids::FD_SIP, ids::FD_LIP, ids::FD_RIP], arena),
            ids::FD_NET => self
                .ends(&[ids::FD_CNET, ids::FD_SNET, ids::FD_LNET, ids::FD_RNET], arena)
                .or_else(|| match self.plain(ids::FD_IP)?.view(arena) {
                    Value::List(items) => Some(Value::Ends(items)),
                    one => Some(Value::Ends(arena.alloc_slice_copy(&[one]))),
                })
                .or_else(|| self.ends(&[ids::FD_CIP, ids::FD_SIP, ids::FD_LIP, ids::FD_RIP], arena)),
            ids::FD_PORT | ids::FD_PROTO => {
                self.ends(&[ids::FD_CPORT, ids::FD_SPORT, ids::FD_LPORT, ids::FD_RPORT], arena)
            }
            ids::FD_TYPES => match &field.arg {
                FieldArg::None => plain(ids::FD_TYPE).map(|ty| Value::List(arena.alloc_slice_copy(&[ty]))),
                _ => None,
            },
            ids::PROC_ARGS => match (&field.arg, self.plain(ids::PROC_ARGS)?) {
                (FieldArg::Index(n), Owned::List(items)) => Some(
                    usize::try_from(*n).ok().and_then(|n| items.get(n)).map_or(Value::Bytes(b""), |v| v.view(arena)),
                ),
                _ => None,
            },
            ids::SYSCALL_TYPE if self.is_syscall() => plain(ids::EVT_TYPE),
            ids::EVT_DIR => self.event_type.map(|ty| Value::Bytes(if ty.is_exit() { b"<" } else { b">" })),
            ids::EVT_TYPE_IS => match (&field.arg, self.plain(ids::EVT_TYPE)?) {
                (FieldArg::Key(name), Owned::Bytes(ty)) => Some(Value::Uint((name.as_bytes() == ty).into())),
                (FieldArg::Index(code), _) => Some(Value::Uint((self.event_type?.0 == *code as u16).into())),
                _ => None,
            },
            ids::EVT_ARG => self.parameter(field, arena),
            ids::EVT_SOURCE => Some(Value::Bytes(self.source.as_bytes())),
            _ => self.time(field.id, arena),
        }
    }

    fn is_syscall(&self) -> bool {
        self.event_type.and_then(EventType::info).is_some_and(|info| info.sources.syscall())
    }

    /// `evt.arg[N]` and `evt.arg.NAME` of one parameter.
    fn parameter<'a>(&'a self, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
        let info = self.event_type?.info()?;
        let other = match &field.arg {
            FieldArg::Index(n) => FieldArg::Key(info.params.get(usize::try_from(*n).ok()?)?.name.into()),
            FieldArg::Key(name) => FieldArg::Index(info.param(name)?.0 as i64),
            FieldArg::None => return None,
        };
        self.given(field.id, &other).map(|value| value.view(arena))
    }

    fn time<'a>(&self, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
        let ts = self.timestamp;
        let mut out = BumpVec::new_in(arena);
        match id {
            ids::EVT_RAWTIME => return Some(Value::Uint(ts)),
            ids::EVT_RAWTIME_S => return Some(Value::Uint(ts / 1_000_000_000)),
            ids::EVT_RAWTIME_NS => return Some(Value::Uint(ts % 1_000_000_000)),
            ids::EVT_TIME | ids::EVT_OUTPUTTIME => put_time(ts, true, &mut out),
            ids::EVT_TIME_S => put_time(ts, false, &mut out),
            ids::EVT_DATETIME => put_datetime(ts, true, &mut out),
            ids::EVT_DATETIME_S => put_datetime(ts, false, &mut out),
            ids::EVT_TIME_ISO8601 => put_iso8601(ts, b"+0000", &mut out),
            _ => return None,
        }
        Some(Value::Bytes(out.into_bump_slice()))
    }

    fn ends<'a>(&'a self, fields: &[FieldId], arena: &'a Bump) -> Option<Value<'a>> {
        let mut found = BumpVec::new_in(arena);
        for id in fields {
            if let Some(value) = self.plain(*id).map(|value| value.view(arena))
                && !found.contains(&value)
            {
                found.push(value);
            }
        }
        if found.is_empty() { None } else { Some(Value::Ends(found.into_bump_slice())) }
    }

    /// A field of the family of `proc.aname`: by index, of the parent, or all.
    fn ancestor<'a>(&'a self, lineage: Lineage, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
        let at = |n: i64| -> Option<Value<'a>> {
            if let Some(value) = self.given(lineage.all, &FieldArg::Index(n)) {
                return Some(value.view(arena));
            }
            let own = match n {
                0 => lineage.own,
                1 => lineage.parent,
                _ => None,
            };
            if let Some(value) = own.and_then(|id| self.plain(id)) {
                return Some(value.view(arena));
            }
            match self.plain(lineage.all)? {
                Owned::List(items) => items.get(usize::try_from(n - 1).ok()?).map(|value| value.view(arena)),
                one if n == 1 => Some(one.view(arena)),
                _ => None,
            }
        };
        if Some(field.id) == lineage.parent {
            return at(1);
        }
        match field.arg {
            FieldArg::Index(n) => at(n),
            _ => {
                let mut found = BumpVec::new_in(arena);
                found.extend((1..=MAX_ANCESTORS).filter_map(at));
                if found.is_empty() { None } else { Some(Value::Ancestors(found.into_bump_slice())) }
            }
        }
    }
}

/// Three ways to name a fact of a process and its ancestors.
struct Lineage {
    all: FieldId,
    own: Option<FieldId>,
    parent: Option<FieldId>,
}

impl Lineage {
    fn of(id: FieldId) -> Option<Self> {
        let family = |all, own, parent| Some(Self { all, own, parent });
        match id {
            ids::PROC_ANAME | ids::PROC_PNAME => family(ids::PROC_ANAME, Some(ids::PROC_NAME), Some(ids::PROC_PNAME)),
            ids::PROC_AEXE | ids::PROC_PEXE => family(ids::PROC_AEXE, Some(ids::PROC_EXE), Some(ids::PROC_PEXE)),
            ids::PROC_AEXEPATH | ids::PROC_PEXEPATH => {
                family(ids::PROC_AEXEPATH, Some(ids::PROC_EXEPATH), Some(ids::PROC_PEXEPATH))
            }
            ids::PROC_ACMDLINE | ids::PROC_PCMDLINE => {
                family(ids::PROC_ACMDLINE, Some(ids::PROC_CMDLINE), Some(ids::PROC_PCMDLINE))
            }
            ids::PROC_APID | ids::PROC_PPID => family(ids::PROC_APID, Some(ids::PROC_PID), Some(ids::PROC_PPID)),
            ids::PROC_AARGS => family(ids::PROC_AARGS, Some(ids::PROC_ARGS), None),
            _ => None,
        }
    }
}

impl FieldSource for MapSource {
    fn event_type(&self) -> Option<EventType> {
        self.event_type
    }

    fn source(&self) -> &str {
        &self.source
    }

    fn timestamp(&self) -> u64 {
        self.timestamp
    }

    fn extract<'a>(&'a self, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
        let Some(given) = self.given(field.id, &field.arg) else {
            return self.derive(field, arena);
        };
        let value = given.view(arena);
        let Value::List(items) = value else {
            return match field.id {
                ids::FD_IP | ids::FD_PORT | ids::FD_PROTO | ids::FD_NET => {
                    Some(Value::Ends(arena.alloc_slice_copy(&[value])))
                }
                _ if is_all_ancestors(field) => self.derive(field, arena),
                _ => Some(value),
            };
        };
        match field.id {
            ids::FD_IP | ids::FD_PORT | ids::FD_PROTO | ids::FD_NET => Some(Value::Ends(items)),
            _ if is_all_ancestors(field) => Some(Value::Ancestors(items)),
            _ if field.is_list => Some(value),
            // Lists of words for fields that are one text.
            _ => Some(Value::Bytes(join_items(items.iter().filter_map(Value::as_bytes), b' ', arena))),
        }
    }
}

fn is_all_ancestors(field: &FieldRef) -> bool {
    field.arg == FieldArg::None && Lineage::of(field.id).is_some_and(|lineage| lineage.all == field.id)
}

impl Owned {
    fn view<'a>(&'a self, arena: &'a Bump) -> Value<'a> {
        match self {
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Int(n) => Value::Int(*n),
            Self::Uint(n) => Value::Uint(*n),
            Self::Bool(b) => Value::Bool(*b),
            Self::Ip(ip) => Value::Ip(*ip),
            Self::Net(net) => Value::Net(*net),
            Self::Double(x) => Value::Double(*x),
            Self::List(items) => Value::List(arena.alloc_slice_fill_iter(items.iter().map(|item| item.view(arena)))),
        }
    }
}

/// Whether a field that is not a list may be given as one.
fn takes_list(field: &FieldRef) -> bool {
    field.is_list
        || is_all_ancestors(field)
        || matches!(field.id, ids::FD_IP | ids::FD_PORT | ids::FD_PROTO | ids::FD_NET)
        || (matches!(field.id, ids::PROC_ARGS | ids::PROC_ENV) && field.arg == FieldArg::None)
}

fn convert(field: &FieldRef, name: &str, value: &MapValue) -> Result<Owned, MapError> {
    match value {
        MapValue::List(items) if takes_list(field) => {
            let items = items.iter().map(|item| convert_one(field, name, item)).collect::<Result<_, _>>()?;
            Ok(Owned::List(items))
        }
        value => {
            let one = convert_one(field, name, value)?;
            Ok(if field.is_list { Owned::List(vec![one]) } else { one })
        }
    }
}

fn convert_one(field: &FieldRef, name: &str, value: &MapValue) -> Result<Owned, MapError> {
    let text = value.text();
    let parsed = |text: &Option<String>| text.as_deref().map(str::trim).map(str::to_owned);
    let (expected, owned) = match field.ty {
        ParamType::Charbuf | ParamType::Fspath | ParamType::Fsrelpath | ParamType::Bytebuf => {
            ("one text", text.map(|text| Owned::Bytes(text.into_bytes())))
        }
        ParamType::Int8
        | ParamType::Int16
        | ParamType::Int32
        | ParamType::Int64
        | ParamType::Errno
        | ParamType::Fd
        | ParamType::Pid
        | ParamType::Fd32
        | ParamType::Pid32 => ("a whole number", parsed(&text).and_then(|t| t.parse().ok()).map(Owned::Int)),
        ParamType::Port => {
            ("a port number", parsed(&text).and_then(|t| t.parse::<u16>().ok()).map(|port| Owned::Uint(port.into())))
        }
        ParamType::Bool => (
            "`true` or `false`",
            match parsed(&text).as_deref() {
                Some("true") => Some(Owned::Bool(true)),
                Some("false") => Some(Owned::Bool(false)),
                _ => None,
            },
        ),
        ParamType::Ipaddr | ParamType::Ipv4addr | ParamType::Ipv6addr => {
            ("an IP address", parsed(&text).and_then(|t| t.parse().ok()).map(Owned::Ip))
        }
        ParamType::Ipnet | ParamType::Ipv4net | ParamType::Ipv6net => (
            "an IP address or network",
            parsed(&text).and_then(|t| t.parse().map(Owned::Ip).ok().or_else(|| t.parse().map(Owned::Net).ok())),
        ),
        ParamType::Double => ("a number", parsed(&text).and_then(|t| t.parse().ok()).map(Owned::Double)),
        ParamType::Sockaddr | ParamType::Socktuple | ParamType::Fdlist | ParamType::Dyn => {
            ("one text", text.map(|text| Owned::Bytes(text.into_bytes())))
        }
        _ => ("a whole number that is not negative", parsed(&text).and_then(|t| t.parse().ok()).map(Owned::Uint)),
    };
    owned.ok_or_else(|| MapError::Value {
        field: name.to_owned(),
        expected,
        found: match value {
            MapValue::Text(text) => format!("`{text}`"),
            MapValue::Int(n) => n.to_string(),
            other => other.kind().to_owned(),
        },
        suggestion: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(values: &[(&str, MapValue)]) -> MapSource {
        MapSource::from_values(&Catalog::builtin(), "syscall", values.iter().map(|(n, v)| (*n, v.clone()))).unwrap()
    }

    fn show(event: &MapSource, name: &str) -> String {
        let arena = Bump::new();
        let field = Catalog::builtin().resolve("syscall", name).unwrap();
        event.extract(&field, &arena).map_or("-".into(), |value| crate::alert::format::show_value(&value))
    }

    fn error(name: &str, value: MapValue) -> String {
        MapSource::from_values(&Catalog::builtin(), "syscall", [(name, value)]).unwrap_err().to_string()
    }

    #[test]
    fn values_are_typed_by_their_field() {
        let event = event(&[
            ("proc.pid", "7".into()),
            ("proc.name", MapValue::Int(12)),
            ("fd.sip", "10.0.0.1".into()),
            ("evt.failed", "true".into()),
            ("proc.fdusage", MapValue::Int(5)),
            ("fd.types", "file".into()),
        ]);
        assert_eq!(show(&event, "proc.pid"), "7");
        assert_eq!(show(&event, "proc.name"), "\"12\"");
        assert_eq!(show(&event, "fd.sip"), "10.0.0.1");
        assert_eq!(show(&event, "evt.failed"), "true");
        assert_eq!(show(&event, "proc.fdusage"), "5");
        assert_eq!(show(&event, "fd.types"), "(\"file\")");
        assert_eq!(show(&event, "proc.cmdline"), "-");
    }

    #[test]
    fn ancestors_can_be_given_as_list_by_index_or_as_parent() {
        let list = event(&[("proc.aname", vec!["bash", "sshd", "systemd"].into()), ("proc.name", "ls".into())]);
        assert_eq!(show(&list, "proc.pname"), "\"bash\"");
        assert_eq!(show(&list, "proc.aname[0]"), "\"ls\"");
        assert_eq!(show(&list, "proc.aname[3]"), "\"systemd\"");
        assert_eq!(show(&list, "proc.aname[4]"), "-");
        assert_eq!(show(&list, "proc.aname"), "(\"bash\", \"sshd\", \"systemd\")");
        let indexed = event(&[("proc.pname", "bash".into()), ("proc.aname[3]", "systemd".into())]);
        assert_eq!(show(&indexed, "proc.aname"), "(\"bash\", \"systemd\")");
        assert_eq!(show(&indexed, "proc.aname[1]"), "\"bash\"");
        let single = event(&[("proc.aname", "bash".into())]);
        assert_eq!(show(&single, "proc.aname"), "(\"bash\")");
    }

    #[test]
    fn ends_come_from_either_side() {
        let event = event(&[("fd.cip", "10.0.0.1".into()), ("fd.sip", "::1".into()), ("fd.sport", MapValue::Int(443))]);
        assert_eq!(show(&event, "fd.ip"), "(10.0.0.1, ::1)");
        assert_eq!(show(&event, "fd.net"), "(10.0.0.1, ::1)");
        assert_eq!(show(&event, "fd.port"), "(443)");
        assert_eq!(show(&event, "fd.snet"), "::1");
        assert_eq!(show(&event, "fd.lnet"), "-");
    }

    #[test]
    fn the_type_says_more_than_its_name() {
        let event = event(&[("evt.type", "openat".into()), ("evt.arg.flags", "O_RDONLY".into())]);
        assert_eq!(event.event_type(), Some(event::SYSCALL_OPENAT_2_X));
        assert_eq!(show(&event, "evt.dir"), "\"<\"");
        assert_eq!(show(&event, "syscall.type"), "\"openat\"");
        assert_eq!(show(&event, "evt.type.is.openat"), "1");
        assert_eq!(show(&event, "evt.arg[3]"), "\"O_RDONLY\"");
        assert_eq!(self::event(&[("evt.type", "uname".into())]).event_type(), Some(GENERIC_X));
        assert_eq!(self::event(&[("evt.type", "procexit".into())]).event_type(), Some(event::PROCEXIT_1_E));
    }

    #[test]
    fn lists_of_words_join() {
        let event = event(&[("proc.args", vec!["-c", "ls -l"].into())]);
        assert_eq!(show(&event, "proc.args"), "\"-c ls -l\"");
        assert_eq!(show(&event, "proc.args[1]"), "\"ls -l\"");
        assert_eq!(show(&event, "proc.args[2]"), "\"\"");
    }

    #[test]
    fn null_takes_a_value_back() {
        let catalog = Catalog::builtin();
        let mut event = event(&[("proc.name", "a".into()), ("evt.type", "open".into())]);
        event.set(&catalog, "proc.name", &MapValue::Null).unwrap();
        event.set(&catalog, "evt.type", &MapValue::Null).unwrap();
        assert_eq!(
            (show(&event, "proc.name"), show(&event, "evt.type"), event.event_type()),
            ("-".into(), "-".into(), None)
        );
    }

    #[test]
    fn mistakes_are_explained() {
        assert_eq!(
            error("proc.nam", "x".into()),
            "unknown field `proc.nam` for events of source `syscall`; did you mean `proc.name`?"
        );
        assert_eq!(error("proc.pid", "x".into()), "`proc.pid` wants a whole number, not `x`");
        assert_eq!(error("proc.name", vec!["a"].into()), "`proc.name` wants one text, not a list");
        assert_eq!(error("fd.sport", MapValue::Int(70_000)), "`fd.sport` wants a port number, not 70000");
        assert_eq!(error("fd.cip", "300.1.1.1".into()), "`fd.cip` wants an IP address, not `300.1.1.1`");
        assert_eq!(
            error("evt.type", "opeat".into()),
            "`evt.type` wants the name of an event or system call, not `opeat`; did you mean `openat`?"
        );
    }
}
