//! `evt.*` fields of every event, whatever its source.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use falco_catalog::FieldId;
use falco_catalog::event::ASYNCEVENT_E;
use falco_catalog::field as ids;

use crate::render::params::text_of;
use crate::render::time::{put_datetime, put_iso8601, put_time};
use crate::value::{FieldSource, Value};
use crate::view::View;

const SECOND: u64 = 1_000_000_000;

pub(super) fn extract<'a>(view: &'a View<'_>, id: FieldId, arena: &'a Bump) -> Option<Value<'a>> {
    let ts = view.event.ts;
    let since_start = ts.wrapping_sub(view.ctx.first_ts);
    let text = |write: &dyn Fn(&mut BumpVec<'a, u8>)| {
        let mut out = BumpVec::with_capacity_in(36, arena);
        write(&mut out);
        Some(Value::Bytes(out.into_bump_slice()))
    };
    match id {
        ids::EVT_NUM => Some(Value::Uint(view.ctx.num)),
        ids::EVT_TIME => text(&|out| put_time(ts, true, out)),
        ids::EVT_TIME_S => text(&|out| put_time(ts, false, out)),
        ids::EVT_TIME_ISO8601 => text(&|out| put_iso8601(ts, b"+0000", out)),
        ids::EVT_DATETIME => text(&|out| put_datetime(ts, true, out)),
        ids::EVT_DATETIME_S => text(&|out| put_datetime(ts, false, out)),
        ids::EVT_RAWTIME => Some(Value::Uint(ts)),
        ids::EVT_RAWTIME_S => Some(Value::Uint(ts / SECOND)),
        ids::EVT_RAWTIME_NS => Some(Value::Uint(ts % SECOND)),
        ids::EVT_RELTIME => Some(Value::Uint(since_start)),
        ids::EVT_RELTIME_S => Some(Value::Uint(since_start / SECOND)),
        ids::EVT_RELTIME_NS => Some(Value::Uint(since_start % SECOND)),
        ids::EVT_SOURCE => match view.source() {
            super::UNKNOWN_SOURCE => None,
            source => Some(Value::Bytes(source.as_bytes())),
        },
        ids::EVT_IS_ASYNC => Some(Value::Bool(is_async(view))),
        ids::EVT_ASYNCTYPE if is_async(view) => Some(Value::Bytes(name(view)?)),
        ids::EVT_HOSTNAME => Some(Value::Bytes(&view.machine.info().hostname)),
        // evt.pluginname and evt.plugininfo ask a loaded plugin.
        _ => None,
    }
}

fn is_async(view: &View<'_>) -> bool {
    view.event.ty.info().is_some_and(|info| info.sources.metaevent())
}

/// An asynchronous event carries its name; others have that of their code.
pub(super) fn name<'a>(view: &'a View<'_>) -> Option<&'a [u8]> {
    if view.event.ty == ASYNCEVENT_E {
        return view.event.param(1).map(text_of);
    }
    Some(view.event.ty.name().as_bytes())
}
