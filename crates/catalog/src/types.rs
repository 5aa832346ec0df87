//! Parameter and field types.

/// The type of an event parameter or field; numbers are Falco's own (`PT_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum ParamType {
    None = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Uint8 = 5,
    Uint16 = 6,
    Uint32 = 7,
    Uint64 = 8,
    Charbuf = 9,
    Bytebuf = 10,
    Errno = 11,
    Sockaddr = 12,
    Socktuple = 13,
    Fd = 14,
    Pid = 15,
    Fdlist = 16,
    Fspath = 17,
    Syscallid = 18,
    Sigtype = 19,
    Reltime = 20,
    Abstime = 21,
    Port = 22,
    L4proto = 23,
    Sockfamily = 24,
    Bool = 25,
    Ipv4addr = 26,
    Dyn = 27,
    Flags8 = 28,
    Flags16 = 29,
    Flags32 = 30,
    Uid = 31,
    Gid = 32,
    Double = 33,
    Sigset = 34,
    Charbufarray = 35,
    CharbufPairArray = 36,
    Ipv4net = 37,
    Ipv6addr = 38,
    Ipv6net = 39,
    Ipaddr = 40,
    Ipnet = 41,
    Mode = 42,
    Fsrelpath = 43,
    Enumflags8 = 44,
    Enumflags16 = 45,
    Enumflags32 = 46,
    Fd32 = 47,
    Pid32 = 48,
}

/// How a number is printed (`PF_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum PrintFormat {
    Na,
    Dec,
    Hex,
    PaddedDec10,
    Id,
    Dir,
    Oct,
}

impl ParamType {
    /// Every type, in the order of its number.
    pub const ALL: [Self; 49] = [
        Self::None,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Charbuf,
        Self::Bytebuf,
        Self::Errno,
        Self::Sockaddr,
        Self::Socktuple,
        Self::Fd,
        Self::Pid,
        Self::Fdlist,
        Self::Fspath,
        Self::Syscallid,
        Self::Sigtype,
        Self::Reltime,
        Self::Abstime,
        Self::Port,
        Self::L4proto,
        Self::Sockfamily,
        Self::Bool,
        Self::Ipv4addr,
        Self::Dyn,
        Self::Flags8,
        Self::Flags16,
        Self::Flags32,
        Self::Uid,
        Self::Gid,
        Self::Double,
        Self::Sigset,
        Self::Charbufarray,
        Self::CharbufPairArray,
        Self::Ipv4net,
        Self::Ipv6addr,
        Self::Ipv6net,
        Self::Ipaddr,
        Self::Ipnet,
        Self::Mode,
        Self::Fsrelpath,
        Self::Enumflags8,
        Self::Enumflags16,
        Self::Enumflags32,
        Self::Fd32,
        Self::Pid32,
    ];

    /// The type with Falco's number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The word that a reader understands, such as `string`, `number` or `address`.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64 => "integer",
            Self::Uint8 | Self::Uint16 | Self::Uint32 | Self::Uint64 => "unsigned integer",
            Self::Charbuf => "string",
            Self::Bytebuf => "bytes",
            Self::Errno => "error number",
            Self::Sockaddr => "socket address",
            Self::Socktuple => "connection",
            Self::Fd | Self::Fd32 => "descriptor",
            Self::Pid | Self::Pid32 => "process id",
            Self::Fdlist => "descriptor list",
            Self::Fspath => "path",
            Self::Fsrelpath => "relative path",
            Self::Syscallid => "system call",
            Self::Sigtype => "signal",
            Self::Sigset => "signal set",
            Self::Reltime => "duration",
            Self::Abstime => "time",
            Self::Port => "port",
            Self::L4proto => "protocol",
            Self::Sockfamily => "socket family",
            Self::Bool => "boolean",
            Self::Ipv4addr | Self::Ipv6addr | Self::Ipaddr => "address",
            Self::Ipv4net | Self::Ipv6net | Self::Ipnet => "network",
            Self::Dyn => "dynamic",
            Self::Flags8 | Self::Flags16 | Self::Flags32 => "flags",
            Self::Enumflags8 | Self::Enumflags16 | Self::Enumflags32 => "enumeration",
            Self::Uid => "user id",
            Self::Gid => "group id",
            Self::Double => "decimal number",
            Self::Charbufarray => "string array",
            Self::CharbufPairArray => "pair array",
            Self::Mode => "file mode",
        }
    }

    /// The class that decides which operators apply; `None` for types that can only be tested with `exists`.
    pub fn class(self) -> Option<TypeClass> {
        Some(match self {
            Self::Int8
            | Self::Int16
            | Self::Int32
            | Self::Int64
            | Self::Uint8
            | Self::Uint16
            | Self::Uint32
            | Self::Uint64
            | Self::Errno
            | Self::Fd
            | Self::Pid
            | Self::Syscallid
            | Self::Sigtype
            | Self::Reltime
            | Self::Abstime
            | Self::Port
            | Self::Flags8
            | Self::Flags16
            | Self::Flags32
            | Self::Double
            | Self::Mode
            | Self::Enumflags8
            | Self::Enumflags16
            | Self::Enumflags32 => TypeClass::Number,
            Self::Bool => TypeClass::Boolean,
            Self::Charbuf | Self::Fspath | Self::Fsrelpath => TypeClass::String,
            Self::Bytebuf => TypeClass::Bytes,
            Self::Ipv4addr | Self::Ipv6addr | Self::Ipaddr => TypeClass::Address,
            Self::Ipv4net | Self::Ipv6net | Self::Ipnet => TypeClass::Network,
            _ => return None,
        })
    }
}

/// What a type's values are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeClass {
    /// Compared as numbers.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Compared bytewise, as text.
    String,
    /// Compared bytewise.
    Bytes,
    /// An IP address.
    Address,
    /// An IP network.
    Network,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_falcos() {
        for (i, ty) in ParamType::ALL.iter().enumerate() {
            assert_eq!(*ty as usize, i);
            assert_eq!(ParamType::from_number(u8::try_from(i).unwrap()), Some(*ty));
        }
        assert_eq!(ParamType::from_number(49), None);
        assert_eq!(ParamType::Charbuf as u8, 9);
    }
}
