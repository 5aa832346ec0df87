// The parts of the kernel's types that the programs read. Names are the kernel's; offsets are looked up in the running kernel's
// BTF when the programs are loaded, so a type lists just the members that are used. A suffix after three underscores stands for
// another generation of the same type.
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef _Bool bool;

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_RB_NO_WAKEUP = 1, BPF_F_NO_PREALLOC = 1, BPF_F_MMAPABLE = 1024, BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_bl_node { struct hlist_bl_node *next, **pprev; };
struct qstr { u32 len; const unsigned char *name; };
struct super_block { u32 s_dev; unsigned long s_magic; };
typedef struct { u32 val; } kuid_t;
typedef struct { u32 val; } kgid_t;

struct timespec64 { s64 tv_sec; long tv_nsec; };
struct inode {
	u16 i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned long i_ino;
	u32 i_nlink;
	struct super_block *i_sb;
	s64 i_mtime_sec, i_ctime_sec;
	u32 i_mtime_nsec, i_ctime_nsec;
};
struct inode___67 { struct timespec64 __i_mtime, __i_ctime; };
struct inode___66 { struct timespec64 i_mtime, __i_ctime; };
struct inode___65 { struct timespec64 i_mtime, i_ctime; };

struct dentry_operations { void *d_dname; };
struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	const struct dentry_operations *d_op;
};
struct vfsmount { struct dentry *mnt_root; };
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct file {
	u32 f_mode;
	u32 f_flags;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};
struct fs_struct { struct path root, pwd; };
struct fdtable { u32 max_fds; struct file **fd; unsigned long *close_on_exec; };
struct files_struct { struct fdtable *fdt; };

struct upid { int nr; struct pid_namespace *ns; };
struct pid { u32 level; struct upid numbers[1]; };
struct pid_namespace { struct task_struct *child_reaper; u32 level; };
struct nsproxy { struct pid_namespace *pid_ns_for_children; };

struct tty_driver { int major, minor_start; };
struct tty_struct { int index; struct tty_driver *driver; };
struct rlimit { unsigned long rlim_cur, rlim_max; };
typedef struct { int counter; } atomic_t;
struct signal_struct {
	atomic_t live;
	struct list_head thread_head;
	struct pid *pids[4];
	u32 is_child_subreaper : 1;
	struct tty_struct *tty;
	struct rlimit rlim[16];
};

struct percpu_counter { s64 count; };
struct mm_rss_stat { s64 count[4]; };
struct mm_struct {
	unsigned long total_vm, arg_start, arg_end, env_start, env_end;
	struct file *exe_file;
	struct percpu_counter rss_stat[4];
};
struct mm_struct___61 { struct mm_rss_stat rss_stat; };

struct user_namespace { int level; };
typedef struct kernel_cap_struct { u64 val; } kernel_cap_t;
struct cred {
	kuid_t uid, euid;
	kgid_t gid, egid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective;
};

struct kernfs_node { struct kernfs_node *__parent; const char *name; };
struct kernfs_node___old { struct kernfs_node *parent; };
struct cgroup { struct kernfs_node *kn; };
struct cgroup_subsys_state { struct cgroup *cgroup; };
struct css_set { struct cgroup_subsys_state *subsys[4]; };
enum cgroup_subsys_id { cpuset_cgrp_id = 100, cpu_cgrp_id, cpuacct_cgrp_id, io_cgrp_id, memory_cgrp_id };

struct thread_info { u32 status; };
struct task_struct {
	struct thread_info thread_info;
	u32 flags;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent, *group_leader;
	struct list_head children, thread_node;
	struct pid *thread_pid;
	u64 start_boottime;
	unsigned long min_flt, maj_flt;
	const struct cred *real_cred, *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
};

struct linux_binprm { const char *filename; };
struct kernel_siginfo { int si_signo, si_errno, si_code; };

struct in6_addr { u8 s6_addr[16]; };
struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	u16 skc_family;
	struct hlist_node skc_node;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock {
	struct sock_common __sk_common;
	u32 sk_ack_backlog, sk_max_ack_backlog;
	u16 sk_type, sk_protocol;
	struct socket *sk_socket;
};
struct socket { struct sock *sk; };
struct socket_alloc { struct socket socket; struct inode vfs_inode; };
struct inet_sock { struct sock sk; __be32 inet_saddr; __be16 inet_sport; };
struct ipv6_pinfo { struct in6_addr saddr; };
struct unix_address { int len; };
struct unix_sock { struct unix_address *addr; struct sock *peer; };
struct netlink_sock { u32 portid; };

struct bpf_iter_meta { struct seq_file *seq; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; u32 fd; struct file *file; };

#pragma clang attribute pop

// What user space hands to system calls: fixed by the ABI, so no relocation.
struct user_iovec { u64 base, len; };
struct user_msghdr { u64 name; u32 namelen, pad; u64 iov, iovlen, control, controllen; u32 flags, pad2; };
struct user_mmsghdr { struct user_msghdr hdr; u32 len, pad; };
struct user_open_how { u64 flags, mode, resolve; };
struct user_sockaddr { u16 family; u8 data[110]; };
