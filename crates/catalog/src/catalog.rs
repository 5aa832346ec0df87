//! The catalogue of fields and event sources: the built-in ones and those of plugins.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use crate::event;
use crate::field::{self, ArgSpec, FIELDS, FieldError, FieldFlags, FieldId, FieldInfo, FieldRef, PLUGINS};
use crate::types::{ParamType, PrintFormat};

/// The event source of system calls.
pub const SYSCALL: &str = "syscall";

/// All fields, by event source.
///
/// [`Catalog::builtin`] has the schemas of the well-known plugins, so that rules for them can be checked where the plugins
/// are not at hand; [`Catalog::libs_only`] has no plugin at all. A plugin's own schema is added with [`Catalog::with_plugin`]
/// and takes the place of the built-in schema of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    plugins: Vec<PluginEntry>,
    /// Fields beyond the static tables; their ids follow those.
    extra: Vec<FieldInfo>,
}

/// A loaded plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PluginEntry {
    name: &'static str,
    source: Option<&'static str>,
    /// Empty: every plugin source.
    extract: Vec<&'static str>,
    async_events: Vec<&'static str>,
    doc: &'static str,
    fields: Fields,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fields {
    Static { first: u16, sorted: &'static [u16] },
    Owned { order: Vec<u16>, sorted: Vec<u16> },
}

impl PluginEntry {
    fn known(p: &'static field::KnownPlugin) -> Self {
        Self {
            name: p.name,
            source: p.source,
            extract: p.extract.to_vec(),
            // The names under which the container plugin announces what it learnt.
            async_events: if p.name == "container" { vec!["container", "container_removed"] } else { Vec::new() },
            doc: p.doc,
            fields: Fields::Static { first: p.first, sorted: p.sorted },
        }
    }

    /// The ids, sorted by name.
    pub(crate) fn sorted(&self) -> &[u16] {
        match &self.fields {
            Fields::Static { sorted, .. } => sorted,
            Fields::Owned { sorted, .. } => sorted,
        }
    }

    /// The id at a place of the plugin's own order.
    fn at(&self, i: usize) -> Option<FieldId> {
        match &self.fields {
            Fields::Static { first, sorted } => {
                (i < sorted.len()).then(|| u16::try_from(i).ok().map(|i| FieldId(first + i)))?
            }
            Fields::Owned { order, .. } => order.get(i).map(|&id| FieldId(id)),
        }
    }

    fn ids(&self) -> impl Iterator<Item = FieldId> + '_ {
        (0..self.sorted().len()).filter_map(|i| self.at(i))
    }

    /// Whether its fields can be taken from events of a source.
    fn fits(&self, source: &str) -> bool {
        if self.extract.is_empty() { source != SYSCALL } else { self.extract.contains(&source) }
    }
}

/// An event source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceInfo {
    /// The name that a rule's `source` gives.
    pub name: &'static str,
    /// The plugin that makes its events; `None` for `syscall`.
    pub plugin: Option<&'static str>,
    /// What its events are.
    pub doc: &'static str,
}

/// A plugin's fields, as the plugin tells them or a file lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginSchema {
    /// The plugin's name.
    pub name: String,
    /// The source of the events that it makes, if it makes any.
    pub event_source: Option<String>,
    /// The sources from whose events it extracts fields. Empty: its own, or every plugin source when it has none.
    pub extract_sources: Vec<String>,
    /// Names of the asynchronous events that it makes; they are values of `evt.type`.
    pub async_events: Vec<String>,
    /// What it is for.
    pub doc: String,
    /// Its fields.
    pub fields: Vec<FieldSchema>,
}

/// A plugin's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSchema {
    /// The name.
    pub name: String,
    /// The type: one of string, unsigned integer, boolean, duration, time, address, network.
    pub ty: ParamType,
    /// Whether the value is a list.
    pub is_list: bool,
    /// Whether it takes an argument.
    pub arg: ArgSpec,
    /// Whether the argument may be an index.
    pub arg_index: bool,
    /// Whether the argument may be a key.
    pub arg_key: bool,
    /// Properties; see [`FieldFlags`].
    pub flags: FieldFlags,
    /// What it tells.
    pub doc: String,
}

impl FieldSchema {
    /// A field without argument, list or properties.
    pub fn new(name: impl Into<String>, ty: ParamType, doc: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ty,
            is_list: false,
            arg: ArgSpec::None,
            arg_index: false,
            arg_key: false,
            flags: FieldFlags(0),
            doc: doc.into(),
        }
    }
}

/// Why a plugin's schema is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// The plugin has no name.
    #[error("the plugin has no name")]
    NoName,
    /// A field's name is not identifiers joined by dots.
    #[error("plugin `{plugin}`: `{field}` is no field name; identifiers with at least one dot between them are")]
    FieldName {
        /// The plugin.
        plugin: String,
        /// The name.
        field: String,
    },
    /// A type that plugin fields cannot have.
    #[error("plugin `{plugin}`: field `{field}` has the type {ty:?}, which plugin fields cannot have")]
    FieldType {
        /// The plugin.
        plugin: String,
        /// The name.
        field: String,
        /// The type.
        ty: ParamType,
    },
    /// A name given twice.
    #[error("plugin `{plugin}` has the field `{field}` twice")]
    Duplicate {
        /// The plugin.
        plugin: String,
        /// The name.
        field: String,
    },
    /// More fields than ids.
    #[error("plugin `{plugin}`: too many fields; the catalogue holds at most 65535")]
    TooMany {
        /// The plugin.
        plugin: String,
    },
}

impl Catalog {
    /// The built-in fields and the schemas of all well-known plugins. The container plugin's come first, since Falco ships it.
    pub fn builtin() -> Self {
        Self { plugins: PLUGINS.iter().map(PluginEntry::known).collect(), extra: Vec::new() }
    }

    /// The built-in fields alone: the one source `syscall`, no plugin.
    pub fn libs_only() -> Self {
        Self { plugins: Vec::new(), extra: Vec::new() }
    }

    /// The built-in fields and the schemas of the named well-known plugins, in the given order; unknown names are left out.
    pub fn with_known_plugins<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut catalog = Self::libs_only();
        for name in names {
            if let Some(p) = PLUGINS.iter().find(|p| p.name == name) {
                catalog.plugins.retain(|q| q.name != p.name);
                catalog.plugins.push(PluginEntry::known(p));
            }
        }
        catalog
    }

    /// Adds a plugin's schema, in place of one of the same name. Fields that the static tables describe in the same way keep
    /// their ids there, so that code which knows them by constant still finds them.
    ///
    /// # Errors
    /// When the schema is malformed; the catalogue is then unchanged.
    pub fn with_plugin(&mut self, schema: &PluginSchema) -> Result<(), SchemaError> {
        let plugin = || schema.name.clone();
        if schema.name.is_empty() {
            return Err(SchemaError::NoName);
        }
        let mut seen = HashSet::new();
        for f in &schema.fields {
            let field = || f.name.clone();
            if !is_field_name(&f.name) {
                return Err(SchemaError::FieldName { plugin: plugin(), field: field() });
            }
            if !matches!(
                f.ty,
                ParamType::Charbuf
                    | ParamType::Uint64
                    | ParamType::Bool
                    | ParamType::Reltime
                    | ParamType::Abstime
                    | ParamType::Ipaddr
                    | ParamType::Ipnet
            ) {
                return Err(SchemaError::FieldType { plugin: plugin(), field: field(), ty: f.ty });
            }
            if !seen.insert(f.name.as_str()) {
                return Err(SchemaError::Duplicate { plugin: plugin(), field: field() });
            }
        }
        if FIELDS.len() + self.extra.len() + schema.fields.len() > usize::from(u16::MAX) {
            return Err(SchemaError::TooMany { plugin: plugin() });
        }

        let name = intern(&schema.name);
        let mut order = Vec::with_capacity(schema.fields.len());
        for f in &schema.fields {
            let same = |k: &FieldInfo| {
                (k.ty, k.is_list, k.arg, k.arg_index, k.arg_key)
                    == (
                        f.ty,
                        f.is_list,
                        f.arg,
                        f.arg_index && f.arg != ArgSpec::None,
                        f.arg_key && f.arg != ArgSpec::None,
                    )
                    && k.plugin == Some(name)
            };
            if let Some(known) = field::by_name(&f.name).filter(|k| same(k)) {
                order.push(known.id.0);
                continue;
            }
            let id = u16::try_from(FIELDS.len() + self.extra.len())
                .map_err(|_| SchemaError::TooMany { plugin: plugin() })?;
            let number = matches!(f.ty, ParamType::Uint64 | ParamType::Reltime | ParamType::Abstime);
            self.extra.push(FieldInfo {
                id: FieldId(id),
                name: intern(&f.name),
                ty: f.ty,
                is_list: f.is_list,
                arg: f.arg,
                arg_index: f.arg_index,
                arg_key: f.arg_key,
                format: if number { PrintFormat::Dec } else { PrintFormat::Na },
                flags: f.flags,
                class: name,
                plugin: Some(name),
                doc: intern(&f.doc),
                example: "",
                since: None,
                deprecated: None,
            });
            order.push(id);
        }
        let mut sorted = order.clone();
        sorted.sort_by_key(|&id| self.field(FieldId(id)).map_or("", |f| f.name));
        let source = schema.event_source.as_deref().filter(|s| !s.is_empty()).map(intern);
        let extract = match (&schema.extract_sources[..], source) {
            ([], Some(own)) => vec![own],
            (list, _) => list.iter().map(|s| intern(s)).collect(),
        };
        let entry = PluginEntry {
            name,
            source,
            extract,
            async_events: schema.async_events.iter().map(|s| intern(s)).collect(),
            doc: intern(&schema.doc),
            fields: Fields::Owned { order, sorted },
        };
        match self.plugins.iter_mut().find(|p| p.name == name) {
            Some(old) => *old = entry,
            None => self.plugins.push(entry),
        }
        Ok(())
    }

    /// Finds the field that a text names for events of a source. The text is a field's name, or name and argument as written:
    /// `proc.name`, `proc.aname[2]`, `evt.arg.flags`. A source that the catalogue does not know has the generic fields.
    ///
    /// # Errors
    /// See [`FieldError`].
    pub fn resolve(&self, source: &str, text: &str) -> Result<FieldRef, FieldError> {
        let plugins = self.plugins.iter().filter(|p| p.fits(source));
        crate::resolve::resolve(source == SYSCALL, plugins, |id| self.field(id), text)
    }

    /// A field by its id.
    pub fn field(&self, id: FieldId) -> Option<&FieldInfo> {
        let i = usize::from(id.0);
        FIELDS.get(i).or_else(|| self.extra.get(i.checked_sub(FIELDS.len())?))
    }

    /// A field by its exact name, without argument, whatever its source.
    pub fn field_by_name(&self, name: &str) -> Option<&FieldInfo> {
        let builtin = field::by_name(name).filter(|f| f.plugin.is_none());
        builtin.or_else(|| self.plugins.iter().find_map(|p| self.plugin_field(p, name)))
    }

    fn plugin_field(&self, plugin: &PluginEntry, name: &str) -> Option<&FieldInfo> {
        let sorted = plugin.sorted();
        let at = |id: &u16| self.field(FieldId(*id)).map_or("", |f| f.name);
        let i = sorted.binary_search_by_key(&name, at).ok()?;
        self.field(FieldId(sorted[i]))
    }

    /// Every field for events of a source: the built-in classes in Falco's order, then the plugins'.
    pub fn fields_of_source<'a>(&'a self, source: &'a str) -> impl Iterator<Item = &'a FieldInfo> {
        let syscall = source == SYSCALL;
        let builtin = field::classes().iter().filter(move |c| syscall || c.generic).flat_map(|c| c.fields());
        let plugins = self.plugins.iter().filter(move |p| p.fits(source));
        builtin.chain(plugins.flat_map(|p| p.ids()).filter_map(|id| self.field(id)))
    }

    /// Every field of every source, once.
    pub fn fields(&self) -> impl Iterator<Item = &FieldInfo> {
        field::builtin().iter().chain(self.plugins.iter().flat_map(|p| p.ids()).filter_map(|id| self.field(id)))
    }

    /// The sources whose rules may use the field of exactly this name.
    pub fn sources_of(&self, name: &str) -> Vec<&'static str> {
        self.sources().map(|s| s.name).filter(|s| self.fields_of_source(s).any(|f| f.name == name)).collect()
    }

    /// The event sources: `syscall`, then those of the plugins.
    pub fn sources(&self) -> impl Iterator<Item = SourceInfo> {
        let syscall = SourceInfo { name: SYSCALL, plugin: None, doc: crate::language::source_doc(SYSCALL).text };
        let plugins = self.plugins.iter().enumerate().filter_map(|(i, p)| {
            let name = p.source.filter(|s| *s != SYSCALL)?;
            let first = !self.plugins[..i].iter().any(|q| q.source == Some(name));
            first.then(|| {
                let doc = crate::language::source_doc(name).text;
                SourceInfo { name, plugin: Some(p.name), doc: if doc.is_empty() { p.doc } else { doc } }
            })
        });
        std::iter::once(syscall).chain(plugins)
    }

    /// Whether a rule may name a source.
    pub fn is_known_source(&self, source: &str) -> bool {
        source == SYSCALL || self.plugins.iter().any(|p| p.source == Some(source))
    }

    /// The loaded plugins' names, in load order.
    pub fn plugins(&self) -> impl Iterator<Item = &'static str> {
        self.plugins.iter().map(|p| p.name)
    }

    /// Whether `evt.type` may be compared with a text: the name of an event, of a system call, or of an asynchronous event of
    /// a loaded plugin.
    pub fn is_known_event(&self, name: &str) -> bool {
        event::is_known_name(name) || self.plugins.iter().any(|p| p.async_events.contains(&name))
    }

    /// What `evt.type` can sensibly be compared with, events and system calls sorted, then asynchronous events.
    pub fn event_names(&self) -> impl Iterator<Item = &'static str> {
        event::names().chain(
            self.plugins.iter().flat_map(|p| p.async_events.iter().copied()).filter(|n| !event::is_known_name(n)),
        )
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::builtin()
    }
}

/// Identifiers joined by dots, at least one dot.
fn is_field_name(name: &str) -> bool {
    name.contains('.')
        && name.split('.').all(|part| {
            part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
}

/// Keeps a text for the rest of the program. The static tables and the fields of plugins loaded at run time share one type,
/// whose texts live as long as the program; loading a schema again costs nothing, since every text is kept once.
fn intern(text: &str) -> &'static str {
    static KEPT: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    if text.is_empty() {
        return "";
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(&old) = kept.get(text) {
        return old;
    }
    let new: &'static str = Box::leak(text.into());
    kept.insert(new);
    new
}
