//! Flag tables: how the bits and values of a parameter are named.

use crate::types::{ParamType, PrintFormat};

/// A table of names for the values or bits of a parameter, in the order in which rendering walks it.
#[derive(Debug, PartialEq, Eq)]
pub struct FlagsTable {
    /// The table's name, such as `file_flags`.
    pub name: &'static str,
    /// Names and values. Several names may share a value, and a value may be 0.
    pub entries: &'static [(&'static str, u32)],
}

impl FlagsTable {
    /// The value of a name.
    pub fn value(&self, name: &str) -> Option<u32> {
        self.entries.iter().find(|(n, _)| *n == name).map(|&(_, v)| v)
    }

    /// The names of the bits in `value`, as Falco renders a flags parameter: an entry counts when its value is not 0 and all
    /// its bits are still left, or when both are 0; its bits are then taken away, and an entry equal to the whole ends the
    /// walk. Bits without a name are dropped.
    pub fn bits(&'static self, value: u32) -> impl Iterator<Item = &'static str> {
        let mut left = value;
        let mut done = false;
        self.entries.iter().filter_map(move |&(name, bits)| {
            if done {
                return None;
            }
            let hit = if bits == 0 { value == 0 } else { bits & !left == 0 };
            if !hit {
                return None;
            }
            left &= !bits;
            done = bits == value;
            Some(name)
        })
    }

    /// Every name of exactly `value`, as Falco renders an enumeration.
    pub fn names(&'static self, value: u32) -> impl Iterator<Item = &'static str> {
        self.entries.iter().filter(move |(_, v)| *v == value).map(|&(n, _)| n)
    }
}

/// One of the types that a dynamic parameter can have; the first byte of the value says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DynamicParam {
    /// The type.
    pub ty: ParamType,
    /// The print format (rendering uses that of the outer parameter).
    pub format: PrintFormat,
}

/// A table by its name.
pub fn table(name: &str) -> Option<&'static FlagsTable> {
    TABLES.binary_search_by_key(&name, |t| t.name).ok().map(|i| TABLES[i])
}

/// Every table, by name.
pub fn tables() -> &'static [&'static FlagsTable] {
    TABLES
}

include!(concat!(env!("OUT_DIR"), "/flags.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_bits_in_table_order_and_drops_what_has_no_name() {
        let names: Vec<_> = FILE_FLAGS.bits(1 | 4 | 1 << 30).collect();
        assert_eq!(names, ["O_CREAT", "O_RDONLY"]);
        assert_eq!(table("file_flags"), Some(&FILE_FLAGS));
        assert!(table("nothing").is_none());
    }

    #[test]
    fn a_zero_entry_is_named_only_when_the_whole_is_zero() {
        assert_eq!(ACCESS_FLAGS.bits(0).collect::<Vec<_>>(), ["F_OK"]);
        assert_eq!(ACCESS_FLAGS.bits(4).collect::<Vec<_>>(), ["R_OK"]);
    }

    #[test]
    fn enumerations_name_every_equal_entry() {
        assert_eq!(SOCKET_FAMILIES.names(1).collect::<Vec<_>>().len(), 2);
    }
}
