//! The fields of events, computed from the event and the machine's state. One file for each class of fields.

mod container;
mod event;
mod fd;
mod fdlist;
mod fspath;
mod generic;
mod map;
pub(crate) mod paths;
mod process;
pub(crate) mod socket;
mod user;

use bumpalo::Bump;
use falco_catalog::event::{ASYNCEVENT_E, PLUGINEVENT_E};
use falco_catalog::field as ids;
use falco_catalog::{EventType, FieldId, FieldRef};

pub use map::{MapError, MapSource, MapValue};

use crate::value::{FieldSource, Value};
use crate::view::View;

/// The source of events that a plugin made and whose plugin is not loaded.
const UNKNOWN_SOURCE: &str = "";

impl FieldSource for View<'_> {
    fn event_type(&self) -> Option<EventType> {
        Some(self.event.ty)
    }

    fn source(&self) -> &str {
        let of_plugin = match self.event.ty {
            PLUGINEVENT_E => true,
            ASYNCEVENT_E => self.event.u32(0).ok().flatten().is_some_and(|plugin| plugin != 0),
            _ => false,
        };
        if of_plugin { UNKNOWN_SOURCE } else { "syscall" }
    }

    fn timestamp(&self) -> u64 {
        self.event.ts
    }

    fn extract<'a>(&'a self, field: &FieldRef, arena: &'a Bump) -> Option<Value<'a>> {
        match class_of(field.id) {
            Class::Generic => generic::extract(self, field.id, arena),
            Class::Event => event::extract(self, field, arena),
            Class::Process => process::extract(self, field, arena),
            Class::User => user::extract(self, field.id),
            Class::Fd => fd::extract(self, field, arena),
            Class::FsPath => fspath::extract(self, field.id, arena),
            Class::FdList => fdlist::extract(self, field.id, arena),
            Class::Container => container::extract(self, field, arena),
            Class::Other => None,
        }
    }

    fn is_recorded(&self) -> bool {
        true
    }
}

/// The file that computes a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Generic,
    Event,
    Process,
    User,
    Fd,
    FsPath,
    FdList,
    Container,
    Other,
}

/// The catalogue numbers the built-in fields class by class, and the container plugin's after them.
fn class_of(id: FieldId) -> Class {
    match id.0 {
        n if n <= ids::EVT_HOSTNAME.0 => Class::Generic,
        n if n <= ids::EVT_IS_OPEN_CREATE.0 => Class::Event,
        n if n <= ids::PROC_STDERR_NAME.0 => Class::Process,
        n if n <= ids::GROUP_NAME.0 => Class::User,
        n if n <= ids::FD_IS_LOWER_LAYER.0 => Class::Fd,
        n if n <= ids::FS_PATH_TARGETRAW.0 => Class::FsPath,
        n if (ids::FDLIST_NUMS.0..=ids::FDLIST_SPORTS.0).contains(&n) => Class::FdList,
        n if (ids::CONTAINER_ID.0..=ids::K8S_POD_CNI_JSON.0).contains(&n) => Class::Container,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod class_tests {
    use super::*;

    #[test]
    fn every_built_in_field_has_its_class() {
        for field in falco_catalog::field::builtin() {
            let class = class_of(field.id);
            let expected = match field.name.split('.').next().unwrap_or_default() {
                "proc" | "thread" => Class::Process,
                "user" | "group" => Class::User,
                "fd" => Class::Fd,
                "fs" => Class::FsPath,
                "fdlist" => Class::FdList,
                "syscall" => Class::Event,
                "util" => Class::Other,
                _ if matches!(class, Class::Generic | Class::Event) => class,
                other => panic!("{other} has no class"),
            };
            assert_eq!(class, expected, "{}", field.name);
        }
    }

    #[test]
    fn the_container_plugins_fields_are_computed_here() {
        for field in falco_catalog::field::known().iter().filter(|f| f.plugin == Some("container")) {
            let old = matches!(class_of(field.id), Class::Other);
            // Those of replication controllers, services and the like give nothing in the plugin either.
            assert!(!old || field.name.starts_with("k8s."), "{}", field.name);
        }
    }
}
