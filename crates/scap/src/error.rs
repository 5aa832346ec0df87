//! What can go wrong with a capture, and where.

use std::fmt;
use std::io;

use falco_catalog::EventType;

/// Why a capture could not be read, with the place.
///
/// Events that came before the damage have been delivered; after an error the reader gives nothing more.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: Place,
    stage: Stage,
}

/// Where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Offset in the uncompressed stream.
    pub offset: u64,
    /// Number of the block, from 1; 0 when no block was begun.
    pub block: u64,
    /// How many events had been delivered; the next one would have been this plus one.
    pub events: u64,
}

/// How far the capture had been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Before the first event: the capture cannot be opened.
    Open,
    /// Between events.
    Events,
    /// In the header of a concatenated capture.
    Restart,
}

/// The coarse distinction that commands make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// The file or stream could not be read.
    Io,
    /// It is something else than a capture.
    NotACapture,
    /// A capture, of a version that we do not know.
    Version,
    /// A capture that ends before its first event.
    NoEvents,
    /// A capture with damage.
    Damaged,
    /// A capture that asks for more memory than the limits allow.
    Limit,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, place: Place, stage: Stage) -> Self {
        Self(Box::new(Inner { kind, place, stage }))
    }

    /// What happened.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where.
    pub fn place(&self) -> Place {
        self.0.place
    }

    /// How far the capture had been read.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The coarse distinction that commands make.
    pub fn status(&self) -> Status {
        match &self.0.kind {
            ErrorKind::Open(_) | ErrorKind::Read(_) => Status::Io,
            ErrorKind::NoHeader { .. } | ErrorKind::Magic if self.0.stage == Stage::Open => Status::NotACapture,
            ErrorKind::BlockType { .. } if self.0.stage == Stage::Open => Status::NotACapture,
            ErrorKind::Version { .. } => Status::Version,
            ErrorKind::NoEvents => Status::NoEvents,
            ErrorKind::ListTooLarge { .. } | ErrorKind::EventTooLarge { .. } => Status::Limit,
            _ => Status::Damaged,
        }
    }

    /// What to try, where there is something to try.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self.status() {
            Status::NotACapture => "is this a SCAP capture (.scap, plain or gzip)? pcap files and archives are not",
            Status::Version => "the capture comes from a newer producer; upgrade falco-rs",
            Status::NoEvents => "the recording stopped before its first event; record again",
            Status::Limit => "raise the reader's limits if the capture is to be trusted",
            Status::Io | Status::Damaged => return None,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, place, stage } = &*self.0;
        if *stage == Stage::Restart {
            f.write_str("could not restart capture: ")?;
        }
        write!(f, "{kind}")?;
        if matches!(kind, ErrorKind::Open(_)) {
            return Ok(());
        }
        write!(f, " (offset {}", place.offset)?;
        if place.block > 0 {
            write!(f, ", block {}", place.block)?;
        }
        if place.events > 0 || *stage != Stage::Open {
            write!(f, ", event {}", place.events + 1)?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Open(e) | ErrorKind::Read(e) => Some(e),
            _ => None,
        }
    }
}

/// What happened. The texts are those that Falco's users know, without its source locations.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ErrorKind {
    #[error("cannot open the capture: {0}")]
    Open(io::Error),
    #[error("error reading file: {0}, ernum={code}", code = zlib_code(.0))]
    Read(io::Error),
    /// The section header itself is cut: step 1 its frame, step 2 its body.
    #[error("error reading from file ({step})")]
    NoHeader { step: u8 },
    #[error("expecting {expected} bytes, read {read}. Is the file truncated?")]
    Truncated { expected: u64, read: u64 },
    #[error("invalid block type")]
    BlockType { found: u32 },
    #[error("invalid magic number")]
    Magic,
    #[error("scap_read_section_header block length {found} less than {least}")]
    SectionTooShort { found: u32, least: u32 },
    #[error("cannot correctly parse the capture. Upgrade your version.")]
    Version { major: u16, minor: u16 },
    #[error("no events in file")]
    NoEvents,
    #[error("wrong block total length, header={header}, trailer={trailer}")]
    Trailer { header: u32, trailer: u32 },
    #[error("block length too short {found}")]
    BlockTooShort { found: u32 },
    #[error("invalid {what}len {found}")]
    StringTooLong { what: &'static str, found: u32 },
    #[error("invalid {what} len {found}")]
    UserStringTooLong { what: &'static str, found: u32 },
    #[error("invalid filename len {found}")]
    FileNameTooLong { found: u32 },
    #[error("corrupted input file. Had read {read} bytes, but {list} entry have length {entry}.")]
    EntryTooShort { list: &'static str, read: u64, entry: u32 },
    #[error("scap_read_{list} read more {read} than a block {block}")]
    ListPastBlock { list: &'static str, read: u64, block: u32 },
    #[error("trace file has corrupted interface list({step})")]
    InterfaceList { step: u8 },
    #[error("unknown interface type {found}")]
    InterfaceType { found: u16 },
    #[error("event block length {found} greater than NON-LARGE read buffer size {most}")]
    BlockTooLong { found: u32, most: u32 },
    #[error("event header exceeds block payload: {available} bytes available, {needed} needed")]
    EventHeader { available: u32, needed: u32 },
    #[error("invalid event: len {len} is smaller than the event header size")]
    EventLenSmall { len: u32 },
    #[error("invalid event: len {len} is larger than the {available} bytes available in the block")]
    EventLenLarge { len: u32, available: u32 },
    #[error("invalid event: nparams {nparams} does not fit in event len {len}")]
    EventParams { nparams: u32, len: u32 },
    #[error("invalid event: param {index} len {param_len} exceeds event len {len}")]
    EventParamLen { index: u32, param_len: u32, len: u32 },
    #[error("cannot convert v1 event block to v2 (corrupted trace file - can't calculate nparams).")]
    V1Params,
    #[error("cannot convert v1 event block to v2 (corrupted trace file - can't calculate nparams) (2).")]
    V1ParamsNone,
    #[error("cannot convert v1 event block to v2 ({found} greater than read buffer size {most})")]
    V1TooLong { found: u32, most: u32 },
    #[error("invalid event: len {len} is larger than the maximum event size {most}")]
    ConvertTooLong { len: u32, most: u32 },
    #[error("Event (type: {}) has more parameters ({found}) than expected ({most}).", .ty.0)]
    ConvertTooManyParams { ty: EventType, found: u32, most: u32 },
    #[error("Required conversion for event (type: {}, nparams: {nparams}), but we don't handle it in the table.", .ty.0)]
    ConvertMissing { ty: EventType, nparams: u32 },
    #[error("old exit event (type: {}) without a conversion", .ty.0)]
    ConvertUnmanaged { ty: EventType },
    #[error("Reached '{rounds}' conversions for the same event without reaching a final state")]
    ConvertLoop { rounds: u32 },
    #[error("The enter event for '{exit}_X' is not the right one! Event found '{found}_E'.")]
    ConvertEnterType { exit: &'static str, found: &'static str },
    #[error("We want to take parameter {index} from event '{event}' but it has only {found} parameters")]
    ConvertParam { event: &'static str, index: u32, found: u32 },
    /// An explicit cap of [`crate::Limits`], not a rule of the format.
    #[error("a {list} list of more than {most} bytes is not read")]
    ListTooLarge { list: &'static str, most: u32 },
    /// An explicit cap of [`crate::Limits`], not a rule of the format.
    #[error("an event block of {found} bytes is not read, the limit being {most}")]
    EventTooLarge { found: u32, most: u32 },
}

/// The number that zlib gives for a failure of its stream.
fn zlib_code(error: &io::Error) -> i32 {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => -5,
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => -3,
        _ => -1,
    }
}
