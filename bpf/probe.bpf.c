// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// The live source's programs: system calls as they return, and processes as they run, end and get signals.
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "ops.h"
#include "event.h"
#include "path.h"
#include "process.h"
#include "net.h"
#include "fill.h"

// The kernel offers some of the helpers that are used to programs under the GPL only.
char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TS_COMPAT 2
#define PPME_PROCEXIT_1_E 186
#define PPME_SIGNALDELIVER_E 232
#define PPME_EXECVE_19_X 293
#define PPME_EXECVEAT_X 331
#define SIG_MASK 0x7f

static __always_inline struct scratch *begin_call(struct call *call, u32 nr, struct pt_regs *regs, long ret)
{
	struct scratch *s = begin(call->type, call->nparams);
	if (!s)
		return 0;
	s->nr = nr;
	s->ret = ret;
	s->args[0] = regs->di;
	s->args[1] = regs->si;
	s->args[2] = regs->dx;
	s->args[3] = regs->r10;
	s->args[4] = regs->r8;
	s->args[5] = regs->r9;
	return s;
}

static __always_inline void fill_all(struct scratch *s, struct call *call)
{
	for (u32 i = 0; i < MAX_FILLS; i++) {
		if (!call->fills[i].op)
			break;
		fill_one(s, &call->fills[i]);
	}
}

// sendmmsg and recvmmsg: an event for each message, with its length as the result; one with the call's own if there is none.
static __always_inline int messages(struct call *call, u32 nr, struct pt_regs *regs, long ret)
{
	for (u32 i = 0; i < MAX_MESSAGES; i++) {
		if (i && i >= ret)
			return 0;
		struct scratch *s = begin_call(call, nr, regs, ret);
		if (!s)
			return 0;
		if (ret > 0) {
			s->args[1] += i * sizeof(struct user_mmsghdr);
			s->ret = user_u32(s->args[1] + sizeof(struct user_msghdr));
		} else {
			s->args[1] = 0;
		}
		fill_all(s, call);
		end(s);
	}
	if (ret > MAX_MESSAGES)
		count(LOST_LONG, ret - MAX_MESSAGES);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	u32 nr = regs->orig_ax;
	struct call *call = bpf_map_lookup_elem(&calls, &nr);
	if (!call || !call->type)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (!wanted(task->tgid))
		return 0;
	if (task->thread_info.status & TS_COMPAT) {
		// Programs of 32 bits number the calls differently.
		count(LOST_COMPAT, 1);
		return 0;
	}
	// A successful execve was told when it happened, when the name that it was given was still known.
	if (call->kind == KIND_EXEC && ret >= 0)
		return 0;
	if (call->kind == KIND_MESSAGES)
		return messages(call, nr, regs, ret);
	struct scratch *s = begin_call(call, nr, regs, ret);
	if (!s)
		return 0;
	if (call->kind == KIND_EXEC)
		put_exec(s, s->args[0], nr == NR_EXECVE);
	else if (call->kind == KIND_CLONE)
		put_clone(s);
	else
		fill_all(s, call);
	end(s);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	if (!wanted(task->tgid))
		return 0;
	// Whichever of the two it was, it is on or off by its own number; the thread's registers are the new program's already.
	u32 nr = NR_EXECVE;
	struct call *call = bpf_map_lookup_elem(&calls, &nr);
	if (!call || !call->type)
		return 0;
	struct scratch *s = begin(call->type, call->nparams);
	if (!s)
		return 0;
	s->ret = 0;
	put_exec(s, (u64)BPF_CORE_READ(bprm, filename), 1);
	end(s);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 from = parent->tgid, to = child->tgid;
	u8 one = 1;
	if (!only_tree || from == to)
		return 0;
	if (bpf_map_lookup_elem(&tree, &from) || (follow_own && from == own_tgid))
		bpf_map_update_elem(&tree, &to, &one, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	u32 tgid = task->tgid;
	if ((task->flags & PF_KTHREAD) || !wanted(tgid))
		return 0;
	struct scratch *s = begin(PPME_PROCEXIT_1_E, 5);
	if (s) {
		u32 code = task->exit_code, sig = code & SIG_MASK;
		put_u64(s, code);
		put_u64(s, (code >> 8) & 0xff);
		put_u8(s, sig == SIG_MASK ? 0 : sig);
		put_u8(s, (code & 0x80) != 0);
		put_u64(s, reaper_of(task));
		end(s);
	}
	if (only_tree && task->signal->live.counter == 0)
		bpf_map_delete_elem(&tree, &tgid);
	return 0;
}

// No call has this number: its place says whether signals are wanted.
#define NR_SIGNALS 511

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info)
{
	u32 nr = NR_SIGNALS;
	struct call *call = bpf_map_lookup_elem(&calls, &nr);
	if (!call || !call->type)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	if (!wanted(task->tgid))
		return 0;
	struct scratch *s = begin(PPME_SIGNALDELIVER_E, 3);
	if (!s)
		return 0;
	// Who sent it stands right behind the three numbers, for signals that a process sent.
	s32 from = 0;
	if ((u64)info > 2 && info->si_code <= 0)
		bpf_probe_read_kernel(&from, sizeof(from), (void *)info + 16);
	put_u64(s, (s64)from);
	put_u64(s, (s64)task->tgid);
	put_u8(s, sig);
	end(s);
	return 0;
}

// ---- what a call is given when it begins, of those whose paths, addresses and programs rules look at

// The arguments of a system call's own tracepoint.
struct enter { u64 common; u64 nr; u64 args[6]; };

static __always_inline int keep_path(struct enter *ctx, u64 from)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!wanted(bpf_get_current_pid_tgid() >> 32))
		return 0;
	struct given *given = bpf_task_storage_get(&paths, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!given)
		return 0;
	long len = bpf_probe_read_user_str(given->path, MAX_PATH, (void *)from);
	// One that is longer, or not in memory yet, is read when the call returns.
	given->len = len;
	given->call = len > 0 && len < MAX_PATH ? (u32)ctx->nr + 1 : 0;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct enter *ctx) { return keep_path(ctx, ctx->args[0]); }

SEC("tracepoint/syscalls/sys_enter_creat")
int enter_creat(struct enter *ctx) { return keep_path(ctx, ctx->args[0]); }

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct enter *ctx) { return keep_path(ctx, ctx->args[1]); }

SEC("tracepoint/syscalls/sys_enter_openat2")
int enter_openat2(struct enter *ctx) { return keep_path(ctx, ctx->args[1]); }

SEC("tracepoint/syscalls/sys_enter_connect")
int enter_connect(struct enter *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!wanted(bpf_get_current_pid_tgid() >> 32))
		return 0;
	struct given *given = bpf_task_storage_get(&paths, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!given)
		return 0;
	u32 len = (u32)ctx->args[2];
	if (len > sizeof(struct user_sockaddr))
		len = sizeof(struct user_sockaddr);
	len = BOUND(len, 0x7f);
	given->len = len;
	given->call = bpf_probe_read_user(given->path, len, (void *)ctx->args[1]) ? 0 : (u32)ctx->nr + 1;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_execve")
int enter_execve(struct enter *ctx)
{
	if (wanted(bpf_get_current_pid_tgid() >> 32))
		keep_args(ctx->nr, ctx->args[1]);
	return keep_path(ctx, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_execveat")
int enter_execveat(struct enter *ctx)
{
	if (wanted(bpf_get_current_pid_tgid() >> 32))
		keep_args(ctx->nr, ctx->args[2]);
	return keep_path(ctx, ctx->args[1]);
}
