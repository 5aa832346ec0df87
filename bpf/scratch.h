// A record under construction: the buffer that the programs fill, and how parameters are appended.
//
// What is in the buffer is what an event block of a capture holds: the processor's number (u16), then the event: time, thread,
// length, type, number of parameters, the parameters' lengths (u16 each), the parameters. The records of the iterators, which no
// capture holds, have the same shape.
#pragma once

#define HEAD 28 // processor and event header
#define MAX_TEXT 4096
#define LIMIT 0xd000 // No parameter begins after this, so that no event is longer than what a capture's reader takes.
#define BUF (0x10000 + MAX_TEXT)

struct scratch {
	u64 task; // whom the record is about
	u32 busy;
	u32 pos; // where the next parameter goes in `buf`
	u32 next; // its index
	u32 nr;
	s64 ret;
	u64 args[6];
	u64 cut; // bytes that the length of captured data left out
	// A walk up to a root: where it is, and where in `path` the text begins so far.
	u64 node, mount;
	u32 off;
	u16 pad; // so that the numbers of the event's header are aligned
	u8 buf[BUF];
	u8 path[2 * MAX_TEXT + 16];
};

// A length with a limit that the verifier sees, whatever the compiler knows of it.
#define BOUND(n, mask) ({ u64 _n = (n); asm volatile("" : "+r"(_n)); _n & (mask); })

static __always_inline struct task_struct *subject(struct scratch *s)
{
	return (void *)s->task;
}

// A record with room for the lengths of `nparams` parameters.
static __always_inline void start(struct scratch *s, struct task_struct *task, u64 thread, u16 type, u8 nparams)
{
	s->task = (u64)task;
	s->pos = HEAD + 2 * nparams;
	s->next = 0;
	s->cut = 0;
	*(u64 *)&s->buf[10] = thread;
	*(u16 *)&s->buf[22] = type;
	*(u32 *)&s->buf[24] = nparams;
}

// What the record's header says of its length: all but the processor's number.
static __always_inline void stop(struct scratch *s)
{
	*(u32 *)&s->buf[18] = s->pos - 2;
}

// ---- appending parameters

static __always_inline u8 *room(struct scratch *s)
{
	return &s->buf[s->pos & 0xffff];
}

static __always_inline void done(struct scratch *s, u32 len)
{
	u32 i = s->next;
	*(u16 *)&s->buf[(HEAD + 2 * i) & 0x7f] = len;
	s->next = i + 1;
	// Past the limit nothing is appended any more: the event will be counted as too long.
	s->pos = (s->pos > LIMIT ? LIMIT + 1 : s->pos) + len;
}

static __always_inline void put_empty(struct scratch *s) { done(s, 0); }
static __always_inline void put_u8(struct scratch *s, u8 n) { *room(s) = n; done(s, 1); }
static __always_inline void put_u16(struct scratch *s, u16 n) { *(u16 *)room(s) = n; done(s, 2); }
static __always_inline void put_u32(struct scratch *s, u32 n) { *(u32 *)room(s) = n; done(s, 4); }
static __always_inline void put_u64(struct scratch *s, u64 n) { *(u64 *)room(s) = n; done(s, 8); }

static __always_inline void put_sized(struct scratch *s, u8 size, u64 n)
{
	*(u64 *)room(s) = n;
	done(s, size & 15);
}

// Text of user space; empty if it cannot be read.
__noinline int put_user_str(struct scratch *s, u64 from)
{
	if (!s)
		return 0;
	long len = from ? bpf_probe_read_user_str(room(s), MAX_TEXT, (void *)from) : 0;
	done(s, len > 0 ? len & 0x1fff : 0);
	return 0;
}

__noinline int put_kernel_str(struct scratch *s, u64 from)
{
	if (!s)
		return 0;
	long len = from ? bpf_probe_read_kernel_str(room(s), MAX_TEXT, (void *)from) : 0;
	done(s, len > 0 ? len & 0x1fff : 0);
	return 0;
}

// ---- texts that are made from their end: the name of each step goes before what is there

static __always_inline void walk_begin(struct scratch *s, u64 node, u64 mount)
{
	s->node = node;
	s->mount = mount;
	s->off = MAX_TEXT - 1;
	s->path[MAX_TEXT - 1] = 0;
}

// Whether there was room.
static __always_inline bool walk_name(struct scratch *s, u64 name, u32 len)
{
	u32 off = s->off;
	len &= 0xff;
	if (off < len + 1)
		return 0;
	off -= len;
	bpf_probe_read_kernel(&s->path[off & 0xfff], len, (void *)name);
	s->off = off;
	return 1;
}

static __always_inline void walk_slash(struct scratch *s)
{
	u32 off = s->off - 1;
	s->path[off & 0xfff] = '/';
	s->off = off;
}
