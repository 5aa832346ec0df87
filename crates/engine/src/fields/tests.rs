//! Fields of captures made in code, where the reference's captures have nothing to tell.

use falco_catalog::{Catalog, event};
use falco_compiler::compile_output;
use falco_scap::builder::{CaptureBuilder, Param};
use falco_scap::item::{Interface, InterfaceAddr};
use falco_scap::params::Socktuple;
use falco_scap::{ProcessEntry, Reader, params};

use crate::eval::Evaluator;
use crate::inspector::Inspector;

const HASH: &str = "3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a9c0d1e7b3f2a";

fn process(tid: i64, ptid: i64, comm: &str) -> ProcessEntry {
    ProcessEntry {
        tid,
        pid: tid,
        ptid,
        comm: comm.into(),
        exe: comm.into(),
        cwd: b"/home/ann".to_vec(),
        ..Default::default()
    }
}

/// Prints fields of every visible event, as an output would.
fn lines(capture: CaptureBuilder, format: &str) -> Vec<String> {
    let catalog = Catalog::builtin();
    let output = compile_output(&catalog, "syscall", &format!("*{format}")).unwrap();
    let (mut evaluator, template) = Evaluator::for_query("syscall", None, output, &catalog).unwrap();
    let bytes = capture.build().unwrap();
    let mut inspector = Inspector::new(Reader::from_bytes(&bytes));
    let mut out = Vec::new();
    while let Some(step) = inspector.next_visible().unwrap() {
        let mut line = Vec::new();
        evaluator.on(&step.view()).format(&template, &mut line);
        out.push(String::from_utf8(line).unwrap());
    }
    out
}

fn in_container() -> CaptureBuilder {
    let cgroups = format!("cpuset=/docker-{HASH}.scope");
    CaptureBuilder::new()
        .thread(ProcessEntry { cgroups: cgroups.into_bytes(), pidns_init_start_ts: 400, ..process(7, 1, "nginx") })
        .thread(process(8, 1, "bash"))
}

#[test]
fn a_container_is_known_by_its_control_group_and_described_by_events() {
    let json = r#"{"container":{"id":"3f2a9c0d1e7b","full_id":"3f2a9c0d1e7bff","name":"web","type":0,"image":"nginx:1.27",
        "imagerepo":"nginx","imagetag":"1.27","imagedigest":"sha256:1","privileged":true,"ip":"10.1.2.3","host_pid":false,
        "labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","app":"web","empty":""},
        "pod_sandbox_id":"abcdefabcdefabcdef",
        "Mounts":[{"Source":"/srv","Destination":"/data","Mode":"ro","RW":false,"Propagation":"rprivate"},
                  {"Source":"/var/x","Destination":"/x","Mode":"","RW":true,"Propagation":""}]}}"#;
    let capture = || {
        in_container()
            .event(500, 7, event::SYSCALL_CLOSE_X, params![0, 3])
            .event(550, -1, event::ASYNCEVENT_E, params![0, "container", format!("{json}\0")])
            .event(600, 7, event::SYSCALL_CLOSE_X, params![0, 3])
            .event(650, 8, event::SYSCALL_CLOSE_X, params![0, 3])
    };
    let format = "%container.id|%container.name|%container.image|%container.image.repository|%container.type|\
                  %container.privileged|%container.start_ts|%container.duration|%container.ip|%container.label[app]|%container.labels|\
                  %k8s.pod.name|%k8s.ns.name|%k8s.pod.sandbox_id|%k8s.pod.uid";
    assert_eq!(
        lines(capture(), format),
        [
            "3f2a9c0d1e7b|<NA>|<NA>|<NA>|<NA>|<NA>|400|100|<NA>|<NA>|<NA>|<NA>|<NA>|<NA>|<NA>",
            "3f2a9c0d1e7b|web|nginx:1.27|nginx|docker|true|<NA>|<NA>|10.1.2.3|web|app:web, empty|web-0|shop|abcdefabcdef|<NA>",
            "3f2a9c0d1e7b|web|nginx:1.27|nginx|docker|true|400|200|10.1.2.3|web|app:web, empty|web-0|shop|abcdefabcdef|<NA>",
            "host|host|||host|false|<NA>|<NA>||<NA>||<NA>|<NA>||<NA>",
        ]
    );
    let mounts = "%container.mounts|%container.mount[0]|%container.mount[/var/*]|%container.mount.source[/data]|\
                  %container.mount.dest[/srv]|%container.mount.rdwr[1]|%container.mount[9]";
    assert_eq!(
        lines(capture(), mounts)[2],
        "/srv:/data:ro:false:rprivate,/var/x:/x::true:|/srv:/data:ro:false:rprivate|/var/x:/x::true:|/srv|/data|true|<NA>"
    );
}

#[test]
fn every_field_of_the_container_plugin_has_a_value() {
    let json = r#"{"container":{"id":"3f2a9c0d1e7b","full_id":"3f2a9c0d1e7bff","name":"web","type":6,"image":"nginx:1.27",
        "imageid":"i","imagerepo":"nginx","imagetag":"1.27","imagedigest":"sha256:1","privileged":true,"ip":"10.1.2.3",
        "host_pid":true,"host_network":true,"host_ipc":true,"cni_json":"{}",
        "labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"u","a":"web"},
        "pod_sandbox_id":"abcdefabcdefabcdef","pod_sandbox_labels":{"a":"b"},
        "Healthcheck":{"exe":"h","args":["1"]},"LivenessProbe":{"exe":"l","args":[]},"ReadinessProbe":{"exe":"r","args":[]},
        "Mounts":[{"Source":"/srv","Destination":"/data","Mode":"ro","RW":false,"Propagation":"rprivate"}]}}"#;
    let catalog = Catalog::builtin();
    let fields: Vec<_> =
        catalog.fields_of_source("syscall").filter(|field| field.plugin == Some("container")).collect();
    assert!(fields.len() > 50);
    let form = |field: &falco_catalog::FieldInfo| match field.name {
        name if name.starts_with("container.mount") && name != "container.mounts" => format!("{name}[0]"),
        name if field.arg_key => format!("{name}[a]"),
        name => name.to_owned(),
    };
    let format: String = fields.iter().map(|field| format!("%{}\u{1}", form(field))).collect();
    let capture = in_container()
        .event(550, -1, event::ASYNCEVENT_E, params![0, "container", format!("{json}\0")])
        .event(600, 7, event::SYSCALL_CLOSE_X, params![0, 3]);
    let line = lines(capture, &format).pop().unwrap();
    let missing: Vec<&str> = fields
        .iter()
        .zip(line.split('\u{1}'))
        .filter(|(_, value)| *value == "<NA>")
        .map(|(field, _)| field.name)
        .collect();
    // What only the API server knows: the plugin has these names and no values.
    let of_the_api_server = ["k8s.rc.", "k8s.svc.", "k8s.rs.", "k8s.deployment.", "k8s.ns.id", "k8s.ns.label"];
    assert_eq!(missing.len(), 19, "{missing:?}");
    assert!(missing.iter().all(|name| of_the_api_server.iter().any(|prefix| name.starts_with(prefix))), "{missing:?}");
}

#[test]
fn fields_look_back_at_the_events_before() {
    let capture = CaptureBuilder::new()
        .thread(process(7, 1, "a"))
        .event(1_000_000_000, 7, event::SYSCALL_CLOSE_X, params![0, 3])
        .event(3_500_000_000, 7, event::SYSCALL_CLOSE_X, params![0, 3]);
    assert_eq!(
        lines(capture, "%evt.deltatime|%evt.deltatime.s|%evt.deltatime.ns|%util.cnt|%evt.reltime.s|%evt.reltime.ns"),
        ["0|0|000000000|1|0|000000000", "2500000000|2|500000000|2|2|500000000"]
    );
}

#[test]
fn processors_count_from_switch_to_switch() {
    let switch = || params! { next = 9 };
    let capture = CaptureBuilder::new()
        .thread(process(7, 1, "a"))
        .event(100, 7, event::SCHEDSWITCH_6_E, switch())
        .event(150, 7, event::SCHEDSWITCH_6_E, switch())
        .event(160, 7, event::SYSCALL_CLOSE_X, params![0, 3])
        .event(190, 7, event::SCHEDSWITCH_6_E, switch());
    assert_eq!(lines(capture, "%thread.exectime|%thread.totexectime"), ["0|0", "50|50", "0|50", "40|90"]);
    let capture = CaptureBuilder::new()
        .thread(process(7, 1, "a"))
        .event(1, 7, event::PROCINFO_E, params! { cpu_usr = 10, cpu_sys = 5 })
        .event(2, 7, event::PROCINFO_E, params! { cpu_usr = 30, cpu_sys = 6 });
    assert_eq!(lines(capture, "%thread.cpu|%thread.cpu.user|%thread.cpu.system"), ["0.0|0.0|0.0", "21.0|20.0|1.0"]);
}

#[test]
fn raw_parameters_keep_their_type() {
    let capture = CaptureBuilder::new().thread(process(7, 1, "a")).event(
        1,
        7,
        event::SYSCALL_OPENAT_2_X,
        params! { fd = -2, dirfd = -100, name = "x", flags = 65, dev = 0x801 },
    );
    assert_eq!(
        lines(
            capture,
            "%evt.rawarg.fd|%evt.rawarg.name|%evt.rawarg.flags|%evt.rawarg.dev|%evt.rawarg.mode|%evt.arg[0]|%evt.arg.flags|%evt.arg[99]|%evt.arg.data"
        ),
        ["-2|x|41|801|<NA>|ENOENT|O_NONBLOCK|O_RDONLY|<NA>|<NA>"]
    );
}

#[test]
fn calls_without_a_code_of_their_own_have_a_name() {
    let capture = CaptureBuilder::new().event(1, 7, event::GENERIC_X, params![0, 63]).event(
        2,
        7,
        event::GENERIC_X,
        params![Param::Int(falco_catalog::Syscall::by_name("sysinfo").unwrap().0.into()), 63],
    );
    assert_eq!(
        lines(capture, "%evt.type|%syscall.type|%evt.args|%evt.rawres"),
        ["uname|uname||<NA>", "sysinfo|sysinfo||<NA>"]
    );
}

#[test]
fn infrastructure_events_describe_containers() {
    let description = "Event: start; ID: 0123456789abcdef; name: web ; Image: nginx@sha256";
    let capture =
        CaptureBuilder::new().event(1, -1, event::INFRASTRUCTURE_EVENT_E, params!["docker", "x", description, "scope"]);
    assert_eq!(
        lines(
            capture,
            "%evt.infra.docker.name|%evt.infra.docker.container.id|%evt.infra.docker.container.name|%evt.infra.docker.container.image"
        ),
        ["start|0123456789ab|web|nginx"]
    );
}

#[test]
fn paths_follow_the_rules_of_their_calls() {
    let at = |ty, params| {
        let capture = CaptureBuilder::new()
            .thread(process(7, 1, "a"))
            .event(1, 7, event::SYSCALL_OPEN_X, params! { fd = 5, name = "/srv", flags = 1 << 10 })
            .event(2, 7, ty, params);
        lines(capture, "%fs.path.name|%fs.path.nameraw|%fs.path.source|%fs.path.target|%evt.abspath|%evt.abspath.dst")
            .pop()
            .unwrap()
    };
    assert_eq!(at(event::SYSCALL_UNLINKAT_2_X, params![0, 5, "a/../b", 0]), "/srv/b|a/../b|<NA>|<NA>|/srv/b|/srv/b");
    assert_eq!(
        at(event::SYSCALL_UNLINKAT_2_X, params![0, -100, "b", 0]),
        "<UNKNOWN>b|b|<NA>|<NA>|/home/ann/b|/home/ann/b"
    );
    assert_eq!(at(event::SYSCALL_UNLINKAT_2_X, params![-2, 5, "b", 0]), "<NA>|<NA>|<NA>|<NA>|/srv/b|/srv/b");
    assert_eq!(
        at(event::SYSCALL_RENAMEAT2_X, params![0, 5, "a", -100, "b", 0]),
        "<NA>|<NA>|/srv/a|/home/ann/b|/srv/a|/home/ann/b"
    );
    assert_eq!(at(event::SYSCALL_SYMLINK_X, params![0, "t", "l"]), "<NA>|<NA>|/home/ann/l|/home/ann/t|<NA>|<NA>");
    assert_eq!(at(event::SYSCALL_FCHMOD_X, params![0, 5, 0o700]), "/srv|/srv|<NA>|<NA>|<NA>|<NA>");
}

#[test]
fn ends_of_a_connection_show_by_direction() {
    let (sip, dip) = ([10, 0, 0, 5].into(), [8, 8, 8, 8].into());
    let tuple = Socktuple::V4 { sip, sport: 5000, dip, dport: 53 };
    let capture = CaptureBuilder::new()
        .interface(Interface {
            name: b"eth0".to_vec(),
            addr: InterfaceAddr::V4 {
                addr: sip,
                netmask: [255, 255, 255, 0].into(),
                broadcast: [10, 0, 0, 255].into(),
            },
            linkspeed: None,
        })
        .thread(process(7, 1, "a"))
        .event(1, 7, event::SOCKET_SOCKET_X, params![5, 2, 1, 6, 0])
        .event(2, 7, event::SOCKET_CONNECT_X, params! { res = 0, tuple = tuple, fd = 5 });
    assert_eq!(
        lines(capture, "%fd.lip:%fd.lport %fd.rip:%fd.rport %fd.cproto %fd.sproto %fd.ip %fd.cip.name %fd.cnet")
            .pop()
            .unwrap(),
        "10.0.0.5:5000 8.8.8.8:53 5000 53 <NA> <NA> 10.0.0.5"
    );
}
