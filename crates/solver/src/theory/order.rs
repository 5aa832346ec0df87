//! Numbers, addresses and Booleans: where tests change their mind, and the values around.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::test::{Test, Value};
use crate::theory::Asserted;

/// Values of which one does what all tests ask for if any value does: between two places where a test changes its mind, all
/// values are alike.
pub(super) fn candidates(tests: &[Asserted<'_>], range: (i128, i128)) -> Vec<Value> {
    let mut values = Vec::new();
    for (test, _) in tests {
        match test {
            Test::In(set) | Test::NotIn(set) => set.iter().for_each(|value| around(value, &mut values)),
            Test::Range(low, high) => {
                around(&Value::Number(*low), &mut values);
                around(&Value::Number(*high), &mut values);
            }
            Test::Nets(nets) | Test::NotNets(nets) => {
                for net in nets.iter() {
                    let (first, last) = match net {
                        IpNet::V4(net) => (IpAddr::V4(net.network()), IpAddr::V4(net.broadcast())),
                        IpNet::V6(net) => (IpAddr::V6(net.network()), IpAddr::V6(net.broadcast())),
                    };
                    around(&Value::Ip(first), &mut values);
                    around(&Value::Ip(last), &mut values);
                }
            }
            _ => {}
        }
    }
    if values.iter().any(|value| matches!(value, Value::Number(_))) {
        values.extend([Value::Number(range.0), Value::Number(range.1)]);
    }
    // Of the other family of addresses nothing may be named.
    if values.iter().any(|value| matches!(value, Value::Ip(_))) {
        values.push(Value::Ip(Ipv4Addr::UNSPECIFIED.into()));
        values.push(Value::Ip(Ipv6Addr::UNSPECIFIED.into()));
    }
    values
}

/// A value and its neighbours.
fn around(value: &Value, values: &mut Vec<Value>) {
    match value {
        Value::Number(number) => {
            let neighbours = [number.saturating_sub(1), *number, number.saturating_add(1)];
            values.extend(neighbours.map(Value::Number));
        }
        Value::Bool(_) => values.extend([Value::Bool(false), Value::Bool(true)]),
        Value::Ip(IpAddr::V4(ip)) => {
            let bits = ip.to_bits();
            let neighbours = [bits.saturating_sub(1), bits, bits.saturating_add(1)];
            values.extend(neighbours.map(|bits| Value::Ip(Ipv4Addr::from_bits(bits).into())));
        }
        Value::Ip(IpAddr::V6(ip)) => {
            let bits = ip.to_bits();
            let neighbours = [bits.saturating_sub(1), bits, bits.saturating_add(1)];
            values.extend(neighbours.map(|bits| Value::Ip(Ipv6Addr::from_bits(bits).into())));
        }
        Value::Text(_) => values.push(value.clone()),
    }
}
