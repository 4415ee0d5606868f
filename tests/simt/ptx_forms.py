"""Forms of PTX instructions as kernels write them, one of each kind: text and operands.

Operands are written as the emulator's signatures: '=', '+' or ' ' and the constraint, for each.
Addresses are %0; results come first otherwise.
"""

from __future__ import annotations

R2, R3, R4 = "=r r", "=r r r", "=r r r r"


def _each(pattern: str, words: str, operands: str) -> list[tuple[str, str]]:
    return [(pattern.replace("*", word), operands) for word in words.split(" ")]


INTEGERS = [
    *_each("*.s32 %0, %1, %2;", "add add.sat sub sub.sat mul.lo mul.hi div rem min max", R3),
    *_each("*.u32 %0, %1, %2;", "add sub mul.lo mul.hi div rem min max", R3),
    *_each("*.s64 %0, %1, %2;", "add sub mul.lo mul.hi div rem min max", "=l l l"),
    *_each("*.u16 %0, %1, %2;", "add sub mul.lo mul.hi div rem min max", "=h h h"),
    *_each("*.s32 %0, %1, %2, %3;", "mad.lo mad.hi mad.hi.sat sad", R4),
    *_each("mul.wide.*32 %0, %1, %2;", "s u", "=l r r"),
    *_each("mul.wide.*16 %0, %1, %2;", "s u", "=r h h"),
    *_each("mad.wide.*32 %0, %1, %2, %3;", "s u", "=l r r l"),
    *_each("*.b32 %0, %1, %2;", "and or xor shl", R3),
    *_each("*.b64 %0, %1, %2;", "and or xor", "=l l l"),
    *_each("shr.*32 %0, %1, %2;", "b u s", R3),
    *_each("sh*64 %0, %1, %2;", "l.b r.b r.s", "=l l r"),
    *_each("*.b32 %0, %1;", "not cnot brev popc clz", R2),
    *_each("*.b64 %0, %1;", "popc clz", "=r l"),
    *_each("*.s32 %0, %1;", "abs neg bfind bfind.shiftamt", R2),
    ("lop3.b32 %0, %1, %2, %3, 0x96;", R4),
    ("lop3.b32 %0, %1, %2, %3, (0xf0 & 0xcc) ^ 0xaa;", R4),
    *_each("prmt.b32* %0, %1, %2, %3;", " .f4e .b4e .rc8 .ecl .ecr .rc16", R4),
    ("prmt.b32 %0, %1, %2, 0x5410;", R3),
    *_each("bfe.*32 %0, %1, %2, %3;", "u s", R4),
    ("bfe.s64 %0, %1, %2, %3;", "=l l r r"),
    ("bfi.b32 %0, %1, %2, %3, %4;", "=r r r r r"),
    ("bfi.b64 %0, %1, %2, %3, %4;", "=l l l r r"),
    *_each("shf.*.b32 %0, %1, %2, %3;", "l.wrap l.clamp r.wrap r.clamp", R4),
    *_each("dp4a.* %0, %1, %2, %3;", "s32.s32 u32.u32 s32.u32", R4),
]
FLOATS = [
    *_each("*.f32 %0, %1, %2;", "add add.rz.ftz sub mul mul.rm.sat div.rn div.approx", "=f f f"),
    *_each("*.f32 %0, %1, %2;", "div.full.ftz min max min.NaN copysign", "=f f f"),
    *_each("*.f64 %0, %1, %2;", "add add.rp sub mul div.rn min max", "=d d d"),
    *_each("fma.*.f32 %0, %1, %2, %3;", "rn rz rm.ftz rp.sat", "=f f f f"),
    *_each("*.f32 %0, %1;", "ex2.approx ex2.approx.ftz lg2.approx rcp.approx rcp.rn", "=f f"),
    *_each("*.f32 %0, %1;", "rsqrt.approx sqrt.approx sqrt.rn sin.approx cos.approx", "=f f"),
    *_each("*.f32 %0, %1;", "tanh.approx abs neg abs.ftz", "=f f"),
    *_each("*.f64 %0, %1;", "sqrt.rn rcp.rn rsqrt.approx abs neg", "=d d"),
    *_each("*.f16x2 %0, %1, %2;", "add add.rn.sat sub mul min max max.NaN", R3),
    *_each("*.bf16x2 %0, %1, %2;", "add sub mul min max", R3),
    *_each("*.f16 %0, %1, %2;", "add sub mul min max", "=h h h"),
    *_each("fma.rn* %0, %1, %2, %3;", ".f16x2 .bf16x2 .relu.f16x2 .relu.bf16x2 .sat.f16x2", R4),
    *_each("fma.rn* %0, %1, %2, %3;", ".f16 .bf16", "=h h h h"),
    *_each("*x2 %0, %1;", "ex2.approx.f16 tanh.approx.f16 tanh.approx.bf16 neg.f16 abs.bf16", R2),
    ("ex2.approx.ftz.bf16x2 %0, %1;", R2),
    ("mov.f32 %0, 0f3f800000;", "=f"),
    ("mul.f32 %0, %1, 2.5;", "=f f"),
]
CONVERSIONS = [
    *_each("cvt.*.f16.f32 %0, %1;", "rn rz", "=h f"),
    *_each("cvt.*.bf16.f32 %0, %1;", "rn rz rn.relu", "=h f"),
    *_each("cvt.*x2.f32 %0, %1, %2;", "rn.f16 rz.f16 rn.relu.f16 rn.bf16 rz.relu.bf16", "=r f f"),
    *_each("cvt.*.tf32.f32 %0, %1;", "rna rn rz rn.relu", "=r f"),
    *_each("cvt.f32.* %0, %1;", "f16 bf16", "=f h"),
    *_each("cvt.*.s32.f32 %0, %1;", "rni rzi rmi rpi rzi.sat rni.ftz", "=r f"),
    *_each("cvt.*.f32.s32 %0, %1;", "rn rz rm rp", "=f r"),
    *_each("cvt.*.f32.f32 %0, %1;", "rni rpi sat rmi.ftz", "=f f"),
    ("cvt.rn.f32.f64 %0, %1;", "=f d"),
    ("cvt.f64.f32 %0, %1;", "=d f"),
    ("cvt.rzi.s64.f64 %0, %1;", "=l d"),
    *_each("cvt.* %0, %1;", "s32.s8 u32.u16 s16.s32 u8.u32 sat.s8.s32 sat.u8.s32", R2),
    ("cvt.u32.u64 %0, %1;", "=r l"),
    ("cvt.s64.s32 %0, %1;", "=l r"),
    ("cvt.u16.u32 %0, %1;", "=h r"),
]
PREDICATES = [
    ("{.reg .pred p; setp.lt.s32 p, %1, %2; selp.b32 %0, %1, %2, p;}", R3),
    (
        "{.reg .pred p, q, r; setp.eq.f32 r, %1, %2; setp.geu.and.f32 p|q, %1, %2, !r;"
        " @q mov.u32 %0, 1;}",
        "=r f f",
    ),
    ("{.reg .pred p; setp.ne.b64 p, %1, 0; @!p trap;}", "=r l"),
    (
        "{.reg .pred p, q; setp.hi.u32 p, %1, %2; not.pred q, p; selp.f32 %0, 1.0, 0.0, q;}",
        "=f r r",
    ),
    ("{.reg .pred p; setp.lt.f16 p, %1, %2; selp.b16 %0, %1, %2, p;}", "=h h h"),
    ("set.lt.u32.f32 %0, %1, %2;", "=r f f"),
    ("set.gt.f32.s32 %0, %1, %2;", "=f r r"),
    ("slct.b32.s32 %0, %1, %2, %3;", R4),
    (
        "{.reg .u32 n; mov.u32 n, 4; L: sub.u32 n, n, 1; {.reg .pred p; setp.ne.u32 p, n, 0;"
        " @p bra L;} mov.u32 %0, n;}",
        "=r",
    ),
    ("{.reg .b32 t<3>; mov.b32 t2, %1; mov.b32 %0, t2;}", R2),
]
MOVES = [
    *_each(
        "mov.u32 %0, *;", "%tid.x %ntid.y %ctaid.z %nctaid.x %laneid %warpid %smid %nsmid", "=r"
    ),
    *_each("mov.u32 %0, *;", "%lanemask_lt %lanemask_ge %clock %dynamic_smem_size", "=r"),
    *_each("mov.u32 %0, *;", "%cluster_ctarank %globaltimer_lo WARP_SZ", "=r"),
    *_each("mov.u64 %0, *;", "%clock64 %globaltimer %gridid", "=l"),
    ("mov.b64 %0, {%1, %2};", "=l r r"),
    ("mov.b64 {%0, %1}, %2;", "=r=r l"),
    ("mov.b32 %0, {%1, %2};", "=r h h"),
    ("mov.b32 {%0, _}, %1;", "=h r"),
    ("cvta.to.shared.u64 %0, %1;", "=l l"),
    ("cvta.to.global.u64 %0, %1;", "=l l"),
    ("cvta.shared.u64 %0, %1;", "=l l"),
    ("{.reg .pred p; isspacep.shared p, %1; selp.u32 %0, 1, 0, p;}", "=r l"),
]
MEMORY = [
    *_each("ld.global* %0, [%1];", ".u32 .nc.u32 .ca.u32 .cg.b32 .nc.L1::no_allocate.b32", "=r l"),
    *_each("ld.global* %0, [%1];", ".nc.L1::no_allocate.L2::256B.b32 .L2::128B.u32", "=r l"),
    *_each("ld* %0, [%1+4];", ".u8 .s16 .volatile.u32 .acquire.gpu.global.u32", "=r l"),
    *_each("ld* %0, [%1];", ".relaxed.sys.u32 .const.b32 .weak.global.s32", "=r l"),
    *_each("ld.shared* %0, [%1+-8];", ".b32 ::cta.u32 .volatile.u32", R2),
    ("ld.global.f32 %0, [%1];", "=f l"),
    ("ld.global.v2.f32 {%0, %1}, [%2];", "=f=f l"),
    ("ld.global.nc.v4.u32 {%0, %1, %2, _}, [%3+16];", "=r=r=r l"),
    ("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];", "=f=f=f=f r"),
    (
        "{.reg .b64 p; createpolicy.fractional.L2::evict_first.b64 p, 1.0;"
        " ld.global.L2::cache_hint.u32 %0, [%1], p;}",
        "=r l",
    ),
    *_each("st.global* [%0], %1;", ".u32 .wt.u32 .cs.b32 .release.gpu.u32 .u8", " l r"),
    ("st.shared.v4.b32 [%0], {%1, %1, %1, %1};", " r r"),
    ("st.volatile.shared.u16 [%0], %1;", " r h"),
    ("st.global.v2.f64 [%0], {%1, %1};", " l d"),
    *_each("prefetch.* [%0];", "global.L2 local.L1", " l"),
    ("discard.global.L2 [%0], 128;", " l"),
    *_each(
        "atom.global.*32 %0, [%1], %2;", "add.u add.s min.s max.u and.b or.b xor.b exch.b", "=r l r"
    ),
    *_each("atom.shared.*.u32 %0, [%1], %2;", "inc dec", R3),
    *_each(
        "atom.*cas.b32 %0, [%1], %2, %3;",
        "acquire.gpu.global. relaxed.cta. acq_rel.sys.",
        "=r l r r",
    ),
    ("atom.global.cas.b16 %0, [%1], %2, %3;", "=h l h h"),
    *_each("atom.global.add.* %0, [%1], %2;", "noftz.f16x2 noftz.bf16x2", "=r l r"),
    ("atom.global.add.f32 %0, [%1], %2;", "=f l f"),
    ("atom.global.add.f64 %0, [%1], %2;", "=d l d"),
    ("atom.global.max.s64 %0, [%1], %2;", "=l l l"),
    *_each("red.*.add.u32 [%0], %1;", "global relaxed.gpu.global release.sys.global", " l r"),
    ("red.global.add.f32 [%0], %1;", " l f"),
    ("red.shared.max.s32 [%0], %1;", " r r"),
]
WARP = [
    *_each(
        "{.reg .pred p, q; setp.ne.u32 p, %1, 0; vote.sync.*.pred q, p, %2; selp.u32 %0, 1, 0, q;}",
        "all any uni",
        R3,
    ),
    ("{.reg .pred p; setp.ne.u32 p, %1, 0; vote.sync.ballot.b32 %0, !p, 0xffffffff;}", R2),
    *_each("shfl.sync.*.b32 %0, %1, %2, 31, 0xffffffff;", "idx down bfly", R3),
    ("{.reg .pred p; shfl.sync.up.b32 %0|p, %1, 1, 0, %2; @!p mov.u32 %0, 0;}", R3),
    ("match.any.sync.b32 %0, %1, %2;", R3),
    ("{.reg .pred p; match.all.sync.b64 %0|p, %1, 0xffffffff;}", "=r l"),
    *_each("redux.sync.* %0, %1, %2;", "add.u32 add.s32 min.s32 max.u32 and.b32 xor.b32", R3),
    ("{.reg .pred p; elect.sync %0|p, 0xffffffff;}", "=r"),
    ("{.reg .pred p; elect.sync _|p, %1; selp.u32 %0, 1, 0, p;}", R2),
    ("activemask.b32 %0;", "=r"),
    ("bar.warp.sync 0xffffffff;", ""),
]
BLOCK = [
    *_each("*;", "bar.sync\t0 bar.sync\t1,64 barrier.sync\t2,64 barrier.cta.sync.aligned\t0", ""),
    *_each("*;", "bar.arrive\t1,64 membar.gl membar.cta fence.acq_rel.gpu fence.sc.sys", ""),
    *_each("fence.*;", "proxy.async proxy.async.shared::cta mbarrier_init.release.cluster", ""),
    *_each("*;", "griddepcontrol.wait griddepcontrol.launch_dependents trap", ""),
    *_each("setmaxnreg.*.sync.aligned.u32 96;", "inc dec", ""),
    ("bar.sync %0, %1;", " r r"),
    ("nanosleep.u32 %0;", " r"),
]
_MMA = "mma.sync.aligned.*"
_FOUR = "{%0, %1, %2, %3}, "
MATRIX = [
    *_each(
        "ldmatrix.sync.aligned.m8n8.*.b16 {%0, %1, %2, %3}, [%4];",
        "x4.shared x4.trans.shared x4.shared::cta",
        "=r=r=r=r r",
    ),
    ("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1+16];", R2),
    ("ldmatrix.sync.aligned.m8n8.x2.trans.b16 {%0, %1}, [%2];", "=r=r l"),
    ("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %1, %1, %1};", " r r"),
    ("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;", R2),
    *_each(
        f"{_MMA}.f32 {_FOUR}{{%4, %4, %4, %4}}, {{%4, %4}}, {_FOUR[:-2]};",
        "m16n8k16.row.col.f32.f16.f16 m16n8k16.row.col.f32.bf16.bf16 m16n8k8.row.col.f32.tf32.tf32",
        "+f+f+f+f r",
    ),
    *_each(
        f"{_MMA}.f32 {_FOUR}{{%4, %4}}, {{%4}}, {_FOUR[:-2]};",
        "m16n8k8.row.col.f32.f16.f16 m16n8k8.row.col.f32.bf16.bf16 m16n8k4.row.col.f32.tf32.tf32",
        "+f+f+f+f r",
    ),
    (
        "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16"
        " {%0, %1}, {%2, %2, %2, %2}, {%2, %2}, {%0, %1};",
        "+r+r r",
    ),
    *_each(
        f"{_MMA}.s32 {_FOUR}{{%4, %4, %4, %4}}, {{%4, %4}}, {_FOUR[:-2]};",
        "m16n8k32.row.col.s32.s8.s8 m16n8k32.row.col.satfinite.s32.u8.s8",
        "+r+r+r+r r",
    ),
    *_each(
        f"{_MMA}.s32 {_FOUR}{{%4, %4}}, {{%4}}, {_FOUR[:-2]};",
        "m16n8k16.row.col.s32.u8.u8",
        "+r+r+r+r r",
    ),
    ("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%2}, {%0, %1};", "+d+d d"),
]
COPIES = [
    *_each("cp.async.*.shared.global [%0], [%1], 16;", "ca cg", " r l"),
    *_each("cp.async.ca.shared::cta.global.L2::128B [%0], [%1], *;", "4 8 16", " r l"),
    ("cp.async.cg.shared.global [%0], [%1], 16, %2;", " r l r"),
    ("{.reg .pred p; setp.eq.u32 p, %0, 0; cp.async.ca.shared.global [%0], [%1], 8, p;}", " r l"),
    ("cp.async.cg.shared.global.L2::cache_hint [%0], [%1], 16, %2;", " r l l"),
    *_each("cp.async.*;", "commit_group wait_all wait_group\t2", ""),
    *_each("cp.async.mbarrier.arrive*.b64 [%0];", ".shared .noinc.shared .noinc.shared::cta", " r"),
    (
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];",
        " r l r r",
    ),
    ("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;", " l r r"),
    *_each("cp.async.bulk.*;", "commit_group wait_group\t0 wait_group.read\t1", ""),
    ("cp.async.bulk.prefetch.L2.global [%0], %1;", " l r"),
]
MBARRIER = [
    *_each("mbarrier.init*.b64 [%0], %1;", ".shared .shared::cta", " r r"),
    ("mbarrier.inval.shared.b64 [%0];", " r"),
    ("mbarrier.arrive.shared.b64 %0, [%1];", "=l r"),
    ("mbarrier.arrive.b64 %0, [%1], 2;", "=l l"),
    *_each(
        "mbarrier.*.shared::cta.b64 _, [%0], %1;",
        "arrive.expect_tx arrive_drop.expect_tx arrive.expect_tx.release.cta",
        " r r",
    ),
    ("mbarrier.arrive.noComplete.shared.b64 %0, [%1], 2;", "=l r"),
    ("mbarrier.arrive_drop.shared.b64 %0, [%1];", "=l r"),
    ("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;", " r r"),
    ("mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%0], %1;", " r r"),
    *_each(
        "{.reg .pred p; mbarrier.*.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}",
        "test_wait.parity.shared try_wait.parity.shared::cta try_wait.parity.acquire.cta.shared",
        R3,
    ),
    *_each(
        "{.reg .pred p; mbarrier.*.shared.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}",
        "test_wait try_wait",
        "=r r l",
    ),
    (
        "{.reg .pred P1;\nWAIT:\nmbarrier.try_wait.parity.shared::cta.b64 P1, [%0], %1, %2;\n"
        "@P1 bra.uni DONE;\nbra.uni WAIT;\nDONE:\n}",
        " r r r",
    ),
    ("mbarrier.pending_count.b64 %0, %1;", "=r l"),
]
FAMILIES = {
    "integers": INTEGERS,
    "floats": FLOATS,
    "conversions": CONVERSIONS,
    "predicates": PREDICATES,
    "moves": MOVES,
    "memory": MEMORY,
    "warp": WARP,
    "block": BLOCK,
    "matrix": MATRIX,
    "copies": COPIES,
    "mbarrier": MBARRIER,
}
