//! How events of older captures become current ones.
//!
//! A capture may hold events of types that no driver sends any more, or current types with fewer parameters. For each type and
//! number of parameters there is at most one rule; it is applied again to its own result until the event is current.

use crate::event::EventType;

/// What to do with an event of one type and number of parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Conversion {
    /// The type.
    pub event: EventType,
    /// The number of parameters in the capture (its low byte).
    pub params: u8,
    /// What to do.
    pub action: Action,
}

/// The action of a rule.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Keep the event as its thread's last enter event; it is not delivered.
    Store,
    /// Keep it and deliver it as well.
    StoreAndPass,
    /// Deliver it as it is.
    Pass,
    /// Same type; the parameters made by the instructions follow the old ones.
    AddParams(&'static [Instruction]),
    /// Another type, with the instructions' parameters only.
    ChangeType(EventType, &'static [Instruction]),
}

/// Where a new parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instruction {
    /// Zero length: no information.
    Empty,
    /// Zero bytes of the type's smallest length (all ones for user and group ids).
    Default,
    /// A parameter of the event itself.
    Old(u8),
    /// A parameter of the thread's last enter event.
    Enter {
        /// Which.
        index: u8,
        /// What to take when there is no such event.
        fallback: Fallback,
    },
    /// The JSON text of a container, made of the old event's id, type, name and image.
    ContainerJson {
        /// What to take when that fails.
        fallback: Fallback,
    },
}

/// The value when there is nothing to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// As [`Instruction::Empty`].
    Empty,
    /// As [`Instruction::Default`].
    Default,
}

/// The rule for events of a type with so many parameters, if there is one.
pub fn rule(event: EventType, params: usize) -> Option<&'static Conversion> {
    // The reference implementation looks at the low byte of the count.
    #[allow(clippy::cast_possible_truncation)]
    let params = params as u8;
    RULES.binary_search_by_key(&(event, params), |r| (r.event, r.params)).ok().map(|i| &RULES[i])
}

/// Every rule, by event and number of parameters.
pub fn rules() -> &'static [Conversion] {
    RULES
}

include!(concat!(env!("OUT_DIR"), "/conversions.rs"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event;

    #[test]
    fn an_old_execve_is_rebuilt_as_the_next_version() {
        let rule = rule(event::SYSCALL_EXECVE_16_X, 16).unwrap();
        assert!(matches!(rule.action, Action::ChangeType(event::SYSCALL_EXECVE_17_X, _)));
        assert!(super::rule(event::SYSCALL_EXECVE_16_X, 3).is_none());
    }

    #[test]
    fn new_parameters_fit_the_target() {
        assert_eq!(rules().len(), 253);
        for r in rules() {
            let (to, made, kept) = match r.action {
                Action::AddParams(i) => (r.event, i.len(), usize::from(r.params)),
                Action::ChangeType(to, i) => (to, i.len(), 0),
                _ => continue,
            };
            assert!(made + kept <= to.info().unwrap().params.len(), "{:?}", r.event.info().unwrap().code);
        }
    }
}
