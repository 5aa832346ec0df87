// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// The first picture of the machine: every thread and every open file, as records that the reader of an iterator gets.
//
// A record has the shape of an event (scratch.h) with a type of its own; the probe crate's snapshot/iterators.rs knows the
// parameters. Each is written at once, so a record is whole or not there.
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "scratch.h"
#include "path.h"
#include "task.h"
#include "sock.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { RECORD_THREAD = 1, RECORD_PROCESS = 2, RECORD_FILE = 3, RECORD_SOCKET = 4 };
enum { THREAD_PARAMS = 20, PROCESS_PARAMS = 30, TEXT_PARAMS = 2, FILE_PARAMS = 7, SOCKET_PARAMS = 11 };
// Beside the bits of `execve_flags`: which of a process's paths no longer lead anywhere.
enum { EXE_DELETED = 1 << 16, CWD_DELETED = 1 << 17, ROOT_DELETED = 1 << 18 };
// How a file's name is to be read.
enum { NAME_PATH = 0, NAME_DELETED = 1, NAME_OWN = 2 };

// Records are made one after the other, so one is enough.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

// The buffer of an iterator's reader holds this much; a longer record would end the reading.
#define LONGEST 0x7fff

static __always_inline struct scratch *record(struct task_struct *task, u64 thread, u16 type, u8 nparams)
{
	u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);
	if (s)
		start(s, task, thread, type, nparams);
	return s;
}

static __always_inline void emit(struct scratch *s, struct seq_file *seq)
{
	u64 len = s->pos;
	stop(s);
	if (len <= LONGEST)
		bpf_seq_write(seq, s->buf, len & LONGEST);
}

// Whether the last name of a path is gone from its folder.
static __always_inline bool is_deleted(struct dentry *dentry)
{
	return dentry && !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

// A number in the namespace of the record's thread; 0 for what is outside of it.
static __always_inline s64 nr_at(struct pid *pid, u32 level)
{
	return pid && BPF_CORE_READ(pid, level) == level ? nr_in_own_ns(pid) : 0;
}

#define real_caps(task, set) ({ \
	u64 _caps = 0; \
	bpf_probe_read_kernel(&_caps, sizeof(_caps), (void *)BPF_CORE_READ(task, real_cred) + bpf_core_field_offset(struct cred, set)); \
	_caps; })

// What every thread has of its own.
__noinline int put_thread(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = subject(s);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	put_u64(s, (s64)BPF_CORE_READ(task, tgid));
	put_u64(s, (s64)BPF_CORE_READ(task, real_parent, tgid));
	put_u64(s, pgid(task, 0));
	put_u64(s, nr_at(BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]), level));
	put_u64(s, nr_at(BPF_CORE_READ(task, signal, pids[PIDTYPE_SID]), level));
	put_u64(s, nr_at(pid, level));
	put_u64(s, nr_at(BPF_CORE_READ(task, group_leader, thread_pid), level));
	done(s, bpf_probe_read_kernel_str(room(s), sizeof(task->comm), &task->comm) & 0x1f);
	put_u32(s, BPF_CORE_READ(task, real_cred, euid.val));
	put_u32(s, BPF_CORE_READ(task, real_cred, egid.val));
	put_u32(s, BPF_CORE_READ(task, loginuid.val));
	put_u64(s, BPF_CORE_READ(task, maj_flt));
	put_u64(s, BPF_CORE_READ(task, min_flt));
	put_memory(s);
	put_u32(s, tty_of(task));
	put_u64(s, real_caps(task, cap_inheritable));
	put_u64(s, real_caps(task, cap_permitted));
	put_u64(s, real_caps(task, cap_effective));
	return 0;
}

// When the first process of the thread's namespace began, after the boot; 0 in the machine's own.
static __always_inline u64 namespace_start(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	if (!level)
		return 0;
	u64 ns = 0;
	u64 at = (u64)pid + bpf_core_field_offset(struct pid, numbers) + (u64)level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns), (void *)(at + bpf_core_field_offset(struct upid, ns)));
	return BPF_CORE_READ((struct pid_namespace *)ns, child_reaper, start_boottime);
}

// What the threads of a process share, as far as it is not in the process's own memory.
__noinline int put_process(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = subject(s);
	put_u64(s, BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	put_cgroups(s);
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);
	struct dentry *dentry = BPF_CORE_READ(exe, f_path.dentry);
	struct dentry *cwd = BPF_CORE_READ(task, fs, pwd.dentry), *root = BPF_CORE_READ(task, fs, root.dentry);
	put_file_path(s, exe);
	put_u32(s, (inode ? exe_flags(task, inode, dentry) : 0) | (is_deleted(dentry) ? EXE_DELETED : 0) |
		(is_deleted(cwd) ? CWD_DELETED : 0) | (is_deleted(root) ? ROOT_DELETED : 0));
	put_u64(s, BPF_CORE_READ(inode, i_ino));
	put_u64(s, inode ? ctime(inode) : 0);
	put_u64(s, inode ? mtime(inode) : 0);
	put_path(s, (u64)cwd, (u64)BPF_CORE_READ(task, fs, pwd.mnt));
	put_path(s, (u64)root, (u64)BPF_CORE_READ(task, fs, root.mnt));
	put_u64(s, namespace_start(task));
	return 0;
}

// Memory of another process, from `from` up to `to`, as much as a list of texts may be long.
static __always_inline void put_memory_of(struct scratch *s, struct task_struct *task, u64 from, u64 to)
{
	u64 len = from && to > from ? to - from : 0;
	if (len > MAX_TEXT)
		len = MAX_TEXT;
	if (len == 0 || bpf_copy_from_user_task(room(s), len & 0x1fff, (void *)from, task, 0))
		len = 0;
	if (len)
		s->buf[(s->pos + len - 1) & 0xffff] = 0;
	done(s, len & 0x1fff);
}

static __always_inline void put_args_of(struct scratch *s, struct task_struct *task)
{
	u64 from = BPF_CORE_READ(task, mm, arg_start), to = BPF_CORE_READ(task, mm, arg_end);
	u64 env = BPF_CORE_READ(task, mm, env_start), env_end = BPF_CORE_READ(task, mm, env_end);
	u8 last = 0;
	if (to > from && env == to && env_end > env && !bpf_copy_from_user_task(&last, 1, (void *)(to - 1), task, 0) && last) {
		// The process has written a title over its arguments, and perhaps over its environment: one text.
		u64 len = env_end - from;
		if (len > MAX_TEXT)
			len = MAX_TEXT;
		if (!bpf_copy_from_user_task(s->path, len & 0x1fff, (void *)from, task, 0)) {
			s->path[len & 0x1fff] = 0;
			long got = bpf_probe_read_kernel_str(room(s), MAX_TEXT, s->path);
			done(s, got > 0 ? got & 0x1fff : 0);
			return;
		}
	}
	put_memory_of(s, task, from, to);
}

static __always_inline struct scratch *thread_record(struct task_struct *task, bool texts)
{
	if (!task || (task->flags & PF_KTHREAD))
		return 0;
	bool main = task->pid == task->tgid;
	u8 nparams = !main ? THREAD_PARAMS : texts ? PROCESS_PARAMS + TEXT_PARAMS : PROCESS_PARAMS;
	struct scratch *s = record(task, task->pid, main ? RECORD_PROCESS : RECORD_THREAD, nparams);
	if (!s)
		return 0;
	put_thread(s);
	if (main)
		put_process(s);
	return s;
}

// Memory of other processes may have to be fetched from the disk, so this one must be allowed to wait.
SEC("iter.s/task")
int threads_with_texts(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scratch *s = thread_record(task, 1);
	if (!s)
		return 0;
	if (task->pid == task->tgid) {
		put_args_of(s, task);
		put_memory_of(s, task, BPF_CORE_READ(task, mm, env_start), BPF_CORE_READ(task, mm, env_end));
	}
	emit(s, ctx->meta->seq);
	return 0;
}

SEC("iter/task")
int threads(struct bpf_iter__task *ctx)
{
	struct scratch *s = thread_record(ctx->task, 0);
	if (s)
		emit(s, ctx->meta->seq);
	return 0;
}

// ---- open files

static __always_inline void put_file(struct scratch *s, u32 fd, struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct fdtable *fdt = BPF_CORE_READ(subject(s), files, fdt);
	u64 on_exec = 0;
	bpf_probe_read_kernel(&on_exec, sizeof(on_exec), BPF_CORE_READ(fdt, close_on_exec) + fd / 64);
	u32 flags = BPF_CORE_READ(file, f_flags) & ~02000000;
	// Names that a file system makes up are told apart by the file system's number.
	bool own = BPF_CORE_READ(dentry, d_op, d_dname) &&
		(BPF_CORE_READ(dentry, d_parent) != dentry || dentry != BPF_CORE_READ(file, f_path.mnt, mnt_root));
	put_u32(s, fd);
	put_u64(s, BPF_CORE_READ(inode, i_ino));
	put_u32(s, BPF_CORE_READ(inode, i_mode));
	put_u32(s, encode_dev(BPF_CORE_READ(inode, i_sb, s_dev)));
	put_u32(s, flags | (on_exec >> (fd % 64) & 1 ? 02000000 : 0));
	put_u64(s, own ? BPF_CORE_READ(inode, i_sb, s_magic) << 8 | NAME_OWN : is_deleted(dentry) ? NAME_DELETED : NAME_PATH);
	if (own)
		put_kernel_str(s, (u64)BPF_CORE_READ(dentry, d_name.name));
	else
		put_file_path(s, file);
}

// Both ends; user space knows by family, type and protocol what they are.
static __always_inline void put_socket(struct scratch *s, u32 fd, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family), type = BPF_CORE_READ(sk, sk_type);
	put_u32(s, fd);
	put_u64(s, BPF_CORE_READ(file, f_inode, i_ino));
	put_u16(s, family);
	put_u16(s, type);
	put_u16(s, BPF_CORE_READ(sk, sk_protocol));
	// One that nobody can reach yet is in no table of the kernel.
	bool listed = BPF_CORE_READ(sk, __sk_common.skc_node.pprev);
	u64 remote = 0;
	struct sock *peer = family == AF_UNIX ? BPF_CORE_READ((struct unix_sock *)sk, peer) : 0;
	if (family == AF_NETLINK)
		listed = BPF_CORE_READ((struct netlink_sock *)sk, portid);
	if (peer)
		remote = socket_number(BPF_CORE_READ(peer, sk_socket));
	put_u8(s, listed);
	put_u64(s, remote);
	u32 local_port = type == SOCK_RAW ? BPF_CORE_READ(sk, __sk_common.skc_num)
		: swap16(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	put_u32(s, local_port | (u32)swap16(BPF_CORE_READ(sk, __sk_common.skc_dport)) << 16);
	if (family == AF_INET) {
		*(u32 *)room(s) = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		done(s, 4);
		*(u32 *)room(s) = BPF_CORE_READ(sk, __sk_common.skc_daddr);
		done(s, 4);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO((struct in6_addr *)room(s), sk, __sk_common.skc_v6_rcv_saddr);
		done(s, 16);
		BPF_CORE_READ_INTO((struct in6_addr *)room(s), sk, __sk_common.skc_v6_daddr);
		done(s, 16);
	} else {
		put_empty(s);
		put_empty(s);
	}
	struct unix_address *address = family == AF_UNIX ? BPF_CORE_READ((struct unix_sock *)sk, addr) : 0;
	if (address) {
		// The address follows its length; its first two bytes are the family.
		u32 len = BOUND((u32)BPF_CORE_READ(address, len) - 2, 0x7f);
		u64 name = (u64)address + bpf_core_field_offset(struct unix_address, len) + sizeof(int) + 2;
		if (bpf_probe_read_kernel(room(s), len, (void *)name))
			len = 0;
		done(s, len);
	} else {
		put_empty(s);
	}
}

SEC("iter/task_file")
int files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	// A thread with descriptors of its own is none of the state's business.
	if (!task || !file || task->pid != task->tgid || (task->flags & PF_KTHREAD))
		return 0;
	bool socket = (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK &&
		BPF_CORE_READ(file, f_inode, i_sb, s_magic) == SOCKFS_MAGIC;
	struct scratch *s = record(task, task->pid, socket ? RECORD_SOCKET : RECORD_FILE, socket ? SOCKET_PARAMS : FILE_PARAMS);
	if (!s)
		return 0;
	if (socket)
		put_socket(s, ctx->fd, file);
	else
		put_file(s, ctx->fd, file);
	emit(s, ctx->meta->seq);
	return 0;
}
