// Threads and processes: what execve, clone and exit tell.
#pragma once

#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000
#define PIDTYPE_PGID 2
#define RLIMIT_NOFILE 7
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

static __always_inline s64 nr_in_own_ns(struct pid *pid)
{
	if (!pid)
		return 0;
	u32 level = BPF_CORE_READ(pid, level);
	int nr = 0;
	u64 at = (u64)pid + bpf_core_field_offset(struct pid, numbers) + (u64)level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&nr, sizeof(nr), (void *)(at + bpf_core_field_offset(struct upid, nr)));
	return nr;
}

// The number of the process group as the thread's own namespace (virtual) or the first one has it.
static __always_inline s64 pgid(struct task_struct *task, bool virtual)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]);
	if (!pid)
		return 0;
	return virtual ? nr_in_own_ns(pid) : BPF_CORE_READ(pid, numbers[0].nr);
}

static __always_inline s64 rss_count(struct mm_struct *mm, int which)
{
	s64 n = 0;
	if (bpf_core_type_exists(struct mm_rss_stat)) {
		// Before 6.2: plain numbers in an array.
		bpf_probe_read_kernel(&n, sizeof(n), (void *)mm + bpf_core_field_offset(struct mm_struct___61, rss_stat) + which * sizeof(n));
	} else {
		bpf_probe_read_kernel(&n, sizeof(n), (void *)mm + bpf_core_field_offset(struct mm_struct, rss_stat) +
			which * bpf_core_type_size(struct percpu_counter) + bpf_core_field_offset(struct percpu_counter, count));
	}
	return n < 0 ? 0 : n;
}

// Size, resident pages and swapped pages, in KiB (pages of 4 KiB).
__noinline int put_memory(struct scratch *s)
{
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	u64 size = 0, rss = 0, swap = 0;
	if (mm) {
		size = BPF_CORE_READ(mm, total_vm);
		rss = rss_count(mm, 0) + rss_count(mm, 1) + rss_count(mm, 3);
		swap = rss_count(mm, 2);
	}
	put_u32(s, size << 2);
	put_u32(s, rss << 2);
	put_u32(s, swap << 2);
	return 0;
}

__noinline int cgroup_step(struct scratch *s)
{
	if (!s || !s->node)
		return 1;
	struct kernfs_node *node = (void *)s->node, *parent;
	if (bpf_core_field_exists(struct kernfs_node, __parent))
		parent = BPF_CORE_READ(node, __parent);
	else
		parent = BPF_CORE_READ((struct kernfs_node___old *)node, parent);
	if (!parent)
		return 1;
	long len = bpf_probe_read_kernel_str(&s->path[MAX_TEXT], 256, BPF_CORE_READ(node, name));
	if (len < 2 || !walk_name(s, (u64)&s->path[MAX_TEXT], len - 1))
		return 1;
	walk_slash(s);
	s->node = (u64)parent;
	return 0;
}

// One `subsystem=path` item; returns where the next one goes.
static __always_inline u32 cgroup_item(struct scratch *s, u32 at, int which, const char *name, u32 name_len)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = 0;
	bpf_probe_read_kernel(&css, sizeof(css), (void *)set + bpf_core_field_offset(struct css_set, subsys) + which * sizeof(void *));
	walk_begin(s, (u64)BPF_CORE_READ(css, cgroup, kn), 0);
	for (int i = 0; i < 24; i++) {
		if (cgroup_step(s))
			break;
	}
	if (s->off == MAX_TEXT - 1)
		walk_slash(s);
	if (at > MAX_TEXT - 1024)
		return at;
	bpf_probe_read_kernel(&s->buf[(s->pos + at) & 0xffff], name_len, name);
	at += name_len;
	long len = bpf_probe_read_kernel_str(&s->buf[(s->pos + at) & 0xffff], 900, &s->path[s->off & 0xfff]);
	return at + (len > 0 ? len & 0x3ff : 0);
}

__noinline int put_cgroup(struct scratch *s, u32 at, u32 which)
{
	if (!s)
		return at;
	switch (which) {
	case 0:
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuset_cgrp_id))
			return cgroup_item(s, at, bpf_core_enum_value(enum cgroup_subsys_id, cpuset_cgrp_id), "cpuset=", 7);
		break;
	case 1:
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id))
			return cgroup_item(s, at, bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id), "cpu=", 4);
		break;
	case 2:
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuacct_cgrp_id))
			return cgroup_item(s, at, bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id), "cpuacct=", 8);
		break;
	case 3:
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, io_cgrp_id))
			return cgroup_item(s, at, bpf_core_enum_value(enum cgroup_subsys_id, io_cgrp_id), "io=", 3);
		break;
	case 4:
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
			return cgroup_item(s, at, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id), "memory=", 7);
		break;
	}
	return at;
}

static __always_inline void put_cgroups(struct scratch *s)
{
	u32 at = 0;
	for (u32 i = 0; i < 5; i++)
		at = put_cgroup(s, at, i) & 0x1fff;
	done(s, at);
}

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

// A set of capabilities, which are the same eight bytes in every kernel, whatever their type there.
#define caps(task, set) ({ \
	u64 _caps = 0; \
	bpf_probe_read_kernel(&_caps, sizeof(_caps), (void *)BPF_CORE_READ(task, cred) + bpf_core_field_offset(struct cred, set)); \
	_caps; })

static __always_inline u32 tty_of(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);
	if (!tty)
		return 0;
	u32 major = BPF_CORE_READ(tty, driver, major);
	return encode_dev(major << 20 | (BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index)));
}

static __always_inline u64 mtime(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_mtime_sec))
		return BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ull + BPF_CORE_READ(inode, i_mtime_nsec);
	struct inode___67 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->__i_mtime))
		return BPF_CORE_READ(newer, __i_mtime.tv_sec) * 1000000000ull + BPF_CORE_READ(newer, __i_mtime.tv_nsec);
	struct inode___65 *older = (void *)inode;
	return BPF_CORE_READ(older, i_mtime.tv_sec) * 1000000000ull + BPF_CORE_READ(older, i_mtime.tv_nsec);
}

static __always_inline u64 ctime(struct inode *inode)
{
	// The highest bit of the newest kernels' nanoseconds says that somebody has asked for the time.
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ull + (BPF_CORE_READ(inode, i_ctime_nsec) & 0x7fffffff);
	struct inode___67 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->__i_ctime))
		return BPF_CORE_READ(newer, __i_ctime.tv_sec) * 1000000000ull + (BPF_CORE_READ(newer, __i_ctime.tv_nsec) & 0x7fffffff);
	struct inode___65 *older = (void *)inode;
	return BPF_CORE_READ(older, i_ctime.tv_sec) * 1000000000ull + BPF_CORE_READ(older, i_ctime.tv_nsec);
}

#define CAP_DAC_OVERRIDE (1 << 1)

// The executable: may its process write it, where is it, and the bits of `execve_flags`.
static __always_inline u32 exe_flags(struct task_struct *task, struct inode *inode, struct dentry *dentry)
{
	u32 flags = 0, mode = BPF_CORE_READ(inode, i_mode);
	u32 uid = BPF_CORE_READ(task, cred, euid.val), gid = BPF_CORE_READ(task, cred, egid.val);
	u64 effective = caps(task, cap_effective);
	if ((effective & CAP_DAC_OVERRIDE) || (uid == BPF_CORE_READ(inode, i_uid.val) ? mode & 0200
		: gid == BPF_CORE_READ(inode, i_gid.val) ? mode & 0020 : mode & 0002))
		flags |= 1;
	int layer = layer_of(dentry);
	if (layer == LAYER_UPPER)
		flags |= 2;
	else if (layer == LAYER_LOWER)
		flags |= 8;
	char name[7] = {};
	bpf_probe_read_kernel(name, 6, BPF_CORE_READ(dentry, d_name.name));
	if (BPF_CORE_READ(inode, i_nlink) == 0 && BPF_CORE_READ(dentry, d_parent) == dentry && name[0] == 'm' &&
	    name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':')
		flags |= 4;
	return flags;
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
		put_texts(s, argv, 0, 1);
		put_texts(s, argv, 1, MAX_ARGS);
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
			put_user_str(s, filename);
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
