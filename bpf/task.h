// What the kernel knows of a thread, whichever it is: the record's subject.
#pragma once

#define PF_KTHREAD 0x200000
#define PIDTYPE_PGID 2
#define PIDTYPE_SID 3
#define RLIMIT_NOFILE 7

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
	struct task_struct *task = subject(s);
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
	struct task_struct *task = subject(s);
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
