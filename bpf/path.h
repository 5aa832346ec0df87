// Files: what stands behind a descriptor, and the path of a file.
#pragma once

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define FMODE_CREATED 0x100000

static __always_inline struct file *file_of(s32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *fdt = task->files->fdt;
	struct file **slots = fdt->fd, *file = 0;
	if (fd < 0 || (u32)fd >= fdt->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), &slots[fd]);
	return file;
}

// As user space sees device numbers.
static __always_inline u32 encode_dev(u32 dev)
{
	u32 major = dev >> 20, minor = dev & 0xfffff;
	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

enum { LAYER_NONE = 0, LAYER_UPPER = 1, LAYER_LOWER = 2 };

// Which layer of an overlay file system the file is on. The upper dentry stands right behind the inode that overlayfs embeds.
static __always_inline int layer_of(struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	if (!inode || BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return LAYER_NONE;
	u64 upper = 0;
	bpf_probe_read_kernel(&upper, sizeof(upper), (char *)inode + bpf_core_type_size(struct inode));
	return upper ? LAYER_UPPER : LAYER_LOWER;
}

// One step up a path; whether it was the last one. The loops over steps call functions so that the kernel's verifier looks at
// the step once.
__noinline int path_step(struct scratch *s)
{
	if (!s)
		return 1;
	struct dentry *dentry = (void *)s->node, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = (void *)s->mount;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);
		s->node = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
		s->mount = (u64)above;
		return above == mount;
	}
	if (!walk_name(s, (u64)BPF_CORE_READ(dentry, d_name.name), BPF_CORE_READ(dentry, d_name.len)) || parent == dentry)
		return 1;
	walk_slash(s);
	s->node = (u64)parent;
	return 0;
}

// The path of a file from the root of its mounts, as text. A file that no directory holds (a memfd) has its bare name.
__noinline int put_path(struct scratch *s, u64 dentry, u64 vfsmount)
{
	if (!s)
		return 0;
	if (!dentry || !vfsmount) {
		put_empty(s);
		return 0;
	}
	walk_begin(s, dentry, vfsmount - bpf_core_field_offset(struct mount, mnt));
	for (int i = 0; i < 128; i++) {
		if (path_step(s))
			break;
	}
	if (s->off == MAX_TEXT - 1)
		walk_slash(s);
	long len = bpf_probe_read_kernel_str(room(s), MAX_TEXT, &s->path[s->off & 0xfff]);
	done(s, len > 0 ? len & 0x1fff : 0);
	return 0;
}

static __always_inline void put_file_path(struct scratch *s, struct file *file)
{
	if (file)
		put_path(s, (u64)BPF_CORE_READ(file, f_path.dentry), (u64)BPF_CORE_READ(file, f_path.mnt));
	else
		put_empty(s);
}
