// Threads and processes: what execve, clone and exit tell.
#pragma once
#include "task.h"

#define PF_EXITING 0x4
#define MAX_ARGS 256

#define CLONE_VFORK 0x4000
#define CLONE_VM 0x100
#define CLONE_NEWPID 0x20000000
#define PPM_CL_CLONE_CHILD_IN_PIDNS (1 << 29)
#define NR_CLONE 56
#define NR_VFORK 58
#define NR_EXECVE 59
#define NR_EXECVEAT 322
#define NR_CLONE3 435
#define XLAT_CLONE 1 // the loader puts the table there

// The first argument and then the others, as the process has them in its memory.
__noinline int put_own_args(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 start = BPF_CORE_READ(task, mm, arg_start), stop = BPF_CORE_READ(task, mm, arg_end);
	long len = start && stop > start ? bpf_probe_read_user_str(room(s), MAX_TEXT, (void *)start) : 0;
	if (len < 0)
		len = 0;
	done(s, len & 0x1fff);
	start += len;
	u64 rest = stop > start && len ? stop - start : 0;
	if (rest > MAX_TEXT)
		rest = MAX_TEXT;
	if (rest == 0 || bpf_probe_read_user(room(s), rest & 0x1fff, (void *)start))
		rest = 0;
	if (rest)
		s->buf[(s->pos + rest - 1) & 0xffff] = 0;
	done(s, rest & 0x1fff);
	return 0;
}

__noinline int put_own_env(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 start = BPF_CORE_READ(task, mm, env_start), stop = BPF_CORE_READ(task, mm, env_end);
	u64 len = stop > start ? stop - start : 0;
	if (len > MAX_TEXT)
		len = MAX_TEXT;
	if (len == 0 || bpf_probe_read_user(room(s), len & 0x1fff, (void *)start))
		len = 0;
	if (len)
		s->buf[(s->pos + len - 1) & 0xffff] = 0;
	done(s, len & 0x1fff);
	return 0;
}

// The texts that an array of pointers in user space leads to, from index `first` up to `last`.
__noinline int put_texts(struct scratch *s, u64 array, u32 first, u32 last)
{
	if (!s)
		return 0;
	u32 at = 0;
	for (u32 i = 0; i < MAX_ARGS && array; i++) {
		u64 text = 0;
		if (first + i >= last || at >= MAX_TEXT - 1)
			break;
		if (bpf_probe_read_user(&text, sizeof(text), (void *)(array + 8 * (u64)(first + i))) || !text)
			break;
		long len = bpf_probe_read_user_str(&s->buf[(s->pos + at) & 0xffff], MAX_TEXT, (void *)text);
		if (len <= 0)
			break;
		at += len & 0x1fff;
	}
	if (at > MAX_TEXT) {
		at = MAX_TEXT;
		s->buf[(s->pos + at - 1) & 0xffff] = 0;
	}
	done(s, at);
	return 0;
}

// From `tid` to `vm_swap`: what clone and execve have in common.
static __always_inline void put_ids(struct scratch *s, struct task_struct *task)
{
	put_u64(s, (s64)BPF_CORE_READ(task, pid));
	put_u64(s, (s64)BPF_CORE_READ(task, tgid));
	put_u64(s, (s64)BPF_CORE_READ(task, real_parent, tgid));
	*room(s) = 0;
	done(s, 1); // cwd: the state knows it
	put_u64(s, BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur));
	put_u64(s, BPF_CORE_READ(task, maj_flt));
	put_u64(s, BPF_CORE_READ(task, min_flt));
	put_memory(s);
	done(s, bpf_probe_read_kernel_str(room(s), sizeof(task->comm), &task->comm) & 0x1f);
	put_cgroups(s);
}

// The arguments of a call that failed: as they were when it began, if that is known.
static __always_inline void put_failed_args(struct scratch *s, u64 argv)
{
	struct given_args *kept = bpf_task_storage_get(&given_args, bpf_get_current_task_btf(), 0, 0);
	if (!kept || kept->call != s->nr + 1) {
		put_texts(s, argv, 0, 1);
		put_texts(s, argv, 1, MAX_ARGS);
		return;
	}
	kept->call = 0;
	u32 first = kept->first, rest = kept->len - first;
	if (first > MAX_GIVEN_ARG || bpf_probe_read_kernel(room(s), first, kept->text))
		first = 0;
	done(s, first);
	rest = BOUND(rest, MAX_GIVEN_ARGS);
	if (bpf_probe_read_kernel(room(s), rest, &kept->text[first]))
		rest = 0;
	done(s, rest);
}

// Keeps the beginnings of the arguments that a call is given.
static __always_inline void keep_args(u32 nr, u64 argv)
{
	struct given_args *kept =
		bpf_task_storage_get(&given_args, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept)
		return;
	u32 at = 0, first = 0;
	for (u32 i = 0; i < 64; i++) {
		u64 text = 0;
		if (at >= MAX_GIVEN_ARGS || bpf_probe_read_user(&text, sizeof(text), (void *)(argv + 8 * i)) || !text)
			break;
		long len = bpf_probe_read_user_str(&kept->text[BOUND(at, MAX_GIVEN_ARGS)], MAX_GIVEN_ARG, (void *)text);
		if (len <= 0)
			break;
		at += len & 0x7ff;
		if (!i)
			first = at;
	}
	if (at > MAX_GIVEN_ARGS) {
		at = MAX_GIVEN_ARGS;
		kept->text[at - 1] = 0;
	}
	kept->first = first;
	kept->len = at;
	// Where nothing could be read it may be that the memory was not there yet.
	kept->call = at ? nr + 1 : 0;
}

// An execve or execveat that succeeded (`filename` is the kernel's) or failed (the call's own).
__noinline int put_exec(struct scratch *s, u64 filename, u32 with_filename)
{
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	bool failed = s->ret < 0;
	put_u64(s, s->ret);
	if (failed) {
		u64 argv = with_filename ? s->args[1] : s->args[2];
		put_failed_args(s, argv);
	} else {
		put_own_args(s);
	}
	put_ids(s, task);
	if (failed)
		put_texts(s, with_filename ? s->args[2] : s->args[3], 0, MAX_ARGS);
	else
		put_own_env(s);
	put_u32(s, tty_of(task));
	put_u64(s, pgid(task, 1));
	put_u32(s, BPF_CORE_READ(task, loginuid.val));

	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);
	struct dentry *dentry = BPF_CORE_READ(exe, f_path.dentry);
	put_u32(s, inode ? exe_flags(task, inode, dentry) : 0);
	put_u64(s, caps(task, cap_inheritable));
	put_u64(s, caps(task, cap_permitted));
	put_u64(s, caps(task, cap_effective));
	put_u64(s, BPF_CORE_READ(inode, i_ino));
	put_u64(s, inode ? ctime(inode) : 0);
	put_u64(s, inode ? mtime(inode) : 0);
	put_u32(s, BPF_CORE_READ(task, cred, euid.val));
	put_file_path(s, exe);
	put_u64(s, pgid(task, 0));
	put_u32(s, BPF_CORE_READ(task, cred, egid.val));
	if (with_filename) {
		if (failed)
			put_given_path(s, filename);
		else
			put_kernel_str(s, filename);
	}
	return 0;
}

__noinline u32 translate(u64 native, u32 table)
{
	struct xlat *xlat = bpf_map_lookup_elem(&xlats, &table);
	u32 result = 0;
	if (!xlat)
		return native;
	for (u32 i = 0; i < MAX_XLAT; i++) {
		if (i >= xlat->count)
			break;
		struct xlat_entry *e = &xlat->entries[i];
		if (xlat->is_enum) {
			if (native == e->native)
				return e->portable;
		} else if ((native & e->native) == e->native) {
			result |= e->portable;
		}
	}
	return result;
}

// clone, clone3, fork, vfork, in the caller and in the child (where the call returns 0).
__noinline int put_clone(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	put_u64(s, s->ret);
	put_own_args(s);
	put_ids(s, task);
	u64 native = 0;
	if (s->nr == NR_CLONE)
		native = s->args[0];
	else if (s->nr == NR_CLONE3)
		bpf_probe_read_user(&native, sizeof(native), (void *)s->args[0]);
	else if (s->nr == NR_VFORK)
		native = CLONE_VFORK | CLONE_VM;
	u32 flags = translate(native, XLAT_CLONE);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct pid_namespace *for_children = BPF_CORE_READ(task, nsproxy, pid_ns_for_children);
	u32 level = s->ret == 0 ? BPF_CORE_READ(pid, level) : BPF_CORE_READ(for_children, level);
	if (level > 0 || (native & CLONE_NEWPID))
		flags |= PPM_CL_CLONE_CHILD_IN_PIDNS;
	put_u32(s, flags);
	put_u32(s, BPF_CORE_READ(task, cred, euid.val));
	put_u32(s, BPF_CORE_READ(task, cred, egid.val));
	put_u64(s, nr_in_own_ns(pid));
	put_u64(s, nr_in_own_ns(BPF_CORE_READ(task, group_leader, thread_pid)));
	put_u64(s, BPF_CORE_READ(for_children, child_reaper, start_boottime));
	return 0;
}

// Who becomes the parent of the children of an exiting thread: a thread of its process, else the nearest process above that
// takes orphans, else the first process of the namespace. 0 where there are no children.
static __always_inline s64 reaper_of(struct task_struct *task)
{
	struct list_head *children = (void *)task + bpf_core_field_offset(struct task_struct, children);
	if (BPF_CORE_READ(children, next) == children)
		return 0;
	struct list_head *head = (void *)BPF_CORE_READ(task, signal) + bpf_core_field_offset(struct signal_struct, thread_head);
	struct list_head *node = BPF_CORE_READ(head, next);
	for (int i = 0; i < 64 && node != head; i++) {
		struct task_struct *other = (void *)node - bpf_core_field_offset(struct task_struct, thread_node);
		if (!(BPF_CORE_READ(other, flags) & PF_EXITING))
			return BPF_CORE_READ(other, pid);
		node = BPF_CORE_READ(node, next);
	}
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct task_struct *above = BPF_CORE_READ(task, real_parent);
	for (int i = 0; i < 64 && above; i++) {
		struct pid *its = BPF_CORE_READ(above, thread_pid);
		int tgid = BPF_CORE_READ(above, tgid);
		if (BPF_CORE_READ(its, level) != level || tgid <= 1)
			break;
		struct signal_struct *signal = BPF_CORE_READ(above, signal);
		if (BPF_CORE_READ_BITFIELD_PROBED(signal, is_child_subreaper) && !(BPF_CORE_READ(above, flags) & PF_EXITING))
			return BPF_CORE_READ(above, pid);
		above = BPF_CORE_READ(above, real_parent);
	}
	u64 ns = 0;
	u64 at = (u64)pid + bpf_core_field_offset(struct pid, numbers) + (u64)level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&ns, sizeof(ns), (void *)(at + bpf_core_field_offset(struct upid, ns)));
	return BPF_CORE_READ((struct pid_namespace *)ns, child_reaper, pid);
}
