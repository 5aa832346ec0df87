//! Block types and fixed sizes of the file format.

/// Section header.
pub const SHB: u32 = 0x0A0D_0D0A;
/// Machine info.
pub const MI: u32 = 0x201;
/// Process list, as written today.
pub const PL_V9: u32 = 0x215;
/// Descriptor list, as written today.
pub const FDL_V2: u32 = 0x218;
/// Interface list, as written today.
pub const IL_V2: u32 = 0x219;
/// User list, as written today.
pub const UL_V2: u32 = 0x220;
/// Event.
pub const EV_V2: u32 = 0x216;
/// Event with flags.
pub const EVF_V2: u32 = 0x217;
/// Event whose type has a large payload.
pub const EV_V2_LARGE: u32 = 0x221;
/// The same with flags.
pub const EVF_V2_LARGE: u32 = 0x222;

/// The byte order magic of a section header.
pub const MAGIC: u32 = 0x1A2B_3C4D;
/// Type and total length.
pub const HEADER_LEN: u32 = 8;
/// The total length again.
pub const TRAILER_LEN: u32 = 4;
/// The smallest section header block: frame and fixed part.
pub const SHB_LEN: u32 = 28;
/// Fixed part of a machine info body.
pub const MI_BODY_LEN: u32 = 180;
/// Event header: time, thread, length, type, number of parameters.
pub const EVENT_HEADER_LEN: u32 = 26;
/// The same in old blocks, without the number of parameters.
pub const EVENT_HEADER_V1_LEN: u32 = 22;
/// Events (without frame) in blocks that are not `_LARGE` fit in this; so does every event that needs a conversion.
pub const MAX_EVENT_LEN: u32 = 65536;
/// Longest path-like string of a list.
pub const MAX_PATH_LEN: u16 = 1024;
/// Longest arguments, environment, cgroups of a process.
pub const MAX_ARGS_LEN: u16 = 4096;
/// Names of users must be shorter.
pub const MAX_USER_STR_LEN: u16 = 256;

/// What a block type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Section header.
    Section,
    /// Machine info.
    Machine,
    /// Process list of a version from 1 to 9.
    Processes {
        /// The version.
        version: u8,
    },
    /// Descriptor list; from version 2 entries begin with their length.
    Fds {
        /// The version.
        version: u8,
    },
    /// Interface list; from version 2 entries begin with their length.
    Interfaces {
        /// The version.
        version: u8,
    },
    /// User list; from version 2 entries begin with their length.
    Users {
        /// The version.
        version: u8,
    },
    /// Event.
    Event {
        /// From version 2 the header has the number of parameters.
        version: u8,
        /// Whether flags follow the processor number.
        flags: bool,
        /// Whether the block may be longer than 64 KiB.
        large: bool,
    },
    /// Something else.
    Unknown,
}

impl BlockKind {
    /// What `code` stands for.
    #[inline]
    pub fn of(code: u32) -> Self {
        // Nearly every block is this one, and its case alone is inlined.
        if code == EV_V2 { Self::Event { version: 2, flags: false, large: false } } else { Self::of_other(code) }
    }

    fn of_other(code: u32) -> Self {
        match code {
            EVF_V2 => Self::Event { version: 2, flags: true, large: false },
            EV_V2_LARGE => Self::Event { version: 2, flags: false, large: true },
            EVF_V2_LARGE => Self::Event { version: 2, flags: true, large: true },
            0x204 | 0x8010_ABCD => Self::Event { version: 1, flags: false, large: false },
            0x208 => Self::Event { version: 1, flags: true, large: false },
            SHB => Self::Section,
            MI | 0x8002_ABCD => Self::Machine,
            0x202 | 0x8000_ABCD => Self::Processes { version: 1 },
            0x207 | 0x8013_ABCD => Self::Processes { version: 2 },
            0x209 | 0x8014_ABCD => Self::Processes { version: 3 },
            0x210..=0x215 => Self::Processes { version: (code - 0x210) as u8 + 4 },
            0x203 | 0x8001_ABCD => Self::Fds { version: 1 },
            FDL_V2 => Self::Fds { version: 2 },
            0x205 | 0x8011_ABCD => Self::Interfaces { version: 1 },
            IL_V2 => Self::Interfaces { version: 2 },
            0x206 | 0x8012_ABCD => Self::Users { version: 1 },
            UL_V2 => Self::Users { version: 2 },
            _ => Self::Unknown,
        }
    }

    /// How many places [`BlockKind::index`] has.
    pub(crate) const PLACES: usize = 26;

    /// A place in a table of all kinds.
    #[inline]
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Event { version, flags, large } => {
                usize::from(version >= 2) | usize::from(flags) << 1 | usize::from(large) << 2
            }
            Self::Section => 8,
            Self::Machine => 9,
            Self::Processes { version } => 9 + usize::from(version.clamp(1, 9)),
            Self::Fds { version } => 19 + usize::from(version >= 2),
            Self::Interfaces { version } => 21 + usize::from(version >= 2),
            Self::Users { version } => 23 + usize::from(version >= 2),
            Self::Unknown => 25,
        }
    }

    /// The kind at a place.
    pub(crate) fn at(index: usize) -> Self {
        let version = |first: usize| if index > first { 2 } else { 1 };
        match index {
            0..8 => Self::Event {
                version: if index & 1 == 0 { 1 } else { 2 },
                flags: index & 2 != 0,
                large: index & 4 != 0,
            },
            8 => Self::Section,
            9 => Self::Machine,
            10..19 => Self::Processes { version: (index - 9) as u8 },
            19 | 20 => Self::Fds { version: version(19) },
            21 | 22 => Self::Interfaces { version: version(21) },
            23 | 24 => Self::Users { version: version(23) },
            _ => Self::Unknown,
        }
    }

    /// The block's usual name.
    pub fn name(self) -> &'static str {
        const PL: [&str; 9] = ["PL", "PL_V2", "PL_V3", "PL_V4", "PL_V5", "PL_V6", "PL_V7", "PL_V8", "PL_V9"];
        match self {
            Self::Section => "SHB",
            Self::Machine => "MI",
            Self::Processes { version } => PL.get(usize::from(version).wrapping_sub(1)).copied().unwrap_or("PL"),
            Self::Fds { version: 1 } => "FDL",
            Self::Fds { .. } => "FDL_V2",
            Self::Interfaces { version: 1 } => "IL",
            Self::Interfaces { .. } => "IL_V2",
            Self::Users { version: 1 } => "UL",
            Self::Users { .. } => "UL_V2",
            Self::Event { version: 1, flags: false, .. } => "EV",
            Self::Event { version: 1, flags: true, .. } => "EVF",
            Self::Event { flags: false, large: false, .. } => "EV_V2",
            Self::Event { flags: true, large: false, .. } => "EVF_V2",
            Self::Event { flags: false, large: true, .. } => "EV_V2_LARGE",
            Self::Event { flags: true, large: true, .. } => "EVF_V2_LARGE",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_meaning() {
        let codes = [
            SHB,
            MI,
            0x202,
            0x207,
            0x209,
            0x210,
            0x211,
            0x212,
            0x213,
            0x214,
            PL_V9,
            0x203,
            FDL_V2,
            0x204,
            0x208,
            EV_V2,
            EVF_V2,
            EV_V2_LARGE,
            EVF_V2_LARGE,
            0x205,
            IL_V2,
            0x206,
            UL_V2,
        ];
        let mut names: Vec<_> = codes.iter().map(|&code| BlockKind::of(code).name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), codes.len());
        assert!(!names.contains(&"unknown"));
        assert_eq!(BlockKind::of(0x999), BlockKind::Unknown);
        for code in codes.into_iter().chain([0x999]) {
            let kind = BlockKind::of(code);
            assert!(kind.index() < BlockKind::PLACES);
            assert_eq!(BlockKind::at(kind.index()), kind);
        }
    }

    #[test]
    fn legacy_codes_mean_the_same() {
        let same = [
            (0x8002_ABCD, MI),
            (0x8000_ABCD, 0x202),
            (0x8013_ABCD, 0x207),
            (0x8014_ABCD, 0x209),
            (0x8001_ABCD, 0x203),
            (0x8010_ABCD, 0x204),
            (0x8011_ABCD, 0x205),
            (0x8012_ABCD, 0x206),
        ];
        for (old, new) in same {
            assert_eq!(BlockKind::of(old), BlockKind::of(new));
        }
    }
}
