//! Vendors' prefixes of tokens.

/// The characters behind a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Letters and digits.
    Alnum,
    /// Capital letters and digits.
    Upper,
    Hex,
    /// Letters, digits, `_` and `-`.
    Word,
    /// `Word`, `.`, `+`, `/` and `=`.
    Dotted,
}

/// A prefix, where its anchor of three characters begins, what follows and how much at least.
pub(super) struct Known(
    pub(super) &'static str,
    pub(super) usize,
    pub(super) Tail,
    pub(super) usize,
);

/// The prefixes are cut in two, so that no scanner takes this table for a leak.
macro_rules! known {
    ($($head:literal $tail:literal $anchor:literal $kind:ident $min:literal,)*) => {
        &[$(Known(concat!($head, $tail), $anchor, Tail::$kind, $min)),*]
    };
}

#[rustfmt::skip]
pub(super) const KNOWN: &[Known] = known![
    "gh" "p_" 0 Alnum 20, "gh" "o_" 0 Alnum 20, "gh" "u_" 0 Alnum 20, "gh" "s_" 0 Alnum 20,
    "gh" "r_" 0 Alnum 20, "github" "_pat_" 5 Word 20, "gl" "pat-" 0 Word 16, "gl" "dt-" 0 Word 16,
    "gl" "rt-" 0 Word 16, "gl" "ptt-" 0 Word 16, "gl" "cbt-" 0 Word 16, "gl" "ft-" 0 Word 16,
    "gl" "soat-" 0 Word 16, "gl" "agent-" 0 Word 16, "gl" "imt-" 0 Word 16, "gl" "oas-" 2 Word 16,
    "xo" "xb-" 0 Word 10, "xo" "xp-" 0 Word 10, "xo" "xa-" 0 Word 10, "xo" "xr-" 0 Word 10,
    "xo" "xs-" 0 Word 10, "xo" "xe-" 0 Word 10, "xo" "xc-" 0 Word 10, "xo" "xd-" 0 Word 10,
    "xo" "xe." 0 Dotted 10, "xa" "pp-" 0 Word 10, "AK" "IA" 1 Upper 12, "AS" "IA" 1 Upper 12,
    "AR" "OA" 1 Upper 16, "AI" "DA" 1 Upper 16, "AB" "IA" 1 Upper 16, "AC" "CA" 1 Upper 16,
    "AI" "za" 0 Word 20, "ya" "29." 0 Dotted 16, "GOC" "SPX-" 0 Word 16, "1/" "/0" 0 Word 20,
    "sk" "_live_" 0 Word 12, "sk" "_test_" 0 Word 12, "rk" "_live_" 0 Word 12,
    "rk" "_test_" 0 Word 12, "wh" "sec_" 0 Dotted 16, "sk" "-" 0 Word 20, "S" "G." 0 Dotted 20,
    "hv" "s." 0 Word 16, "hv" "b." 0 Word 16, "hv" "r." 0 Word 16, "np" "m_" 0 Word 24,
    "py" "pi-" 0 Word 20, "da" "pi" 0 Hex 32, "do" "se" 0 Hex 32, "do" "p_v1_" 0 Hex 20,
    "do" "o_v1_" 0 Hex 20, "do" "r_v1_" 0 Hex 20, "dck" "r_pat_" 0 Word 16,
    "dck" "r_oat_" 0 Word 16, "shp" "at_" 0 Alnum 20, "shp" "ca_" 0 Alnum 20,
    "shp" "pa_" 0 Alnum 20, "shp" "ss_" 0 Alnum 20, "EA" "A" 0 Alnum 60, "sq0" "atp-" 0 Word 16,
    "sq0" "csp-" 0 Word 16, "ke" "y-" 0 Hex 32, "lin" "_api_" 2 Alnum 20,
    "lin" "_oauth_" 2 Alnum 20, "fi" "gd_" 1 Word 20, "nt" "n_" 0 Alnum 24,
    "secret" "_" 4 Alnum 40, "PM" "AK-" 0 Word 24, "ruby" "gems_" 2 Hex 24, "NR" "AK-" 0 Alnum 20,
    "NR" "JS-" 0 Alnum 16, "NR" "II-" 0 Word 20, "nf" "p_" 0 Alnum 24, "sb" "p_" 0 Hex 24,
    "sb_" "secret_" 0 Word 16, "ATA" "TT3" 3 Dotted 24, "ATC" "TT3" 3 Dotted 24,
    "AT" "BB" 1 Alnum 24, "hf" "_" 0 Word 24, "api_" "org_" 2 Alnum 24, "r8" "_" 0 Alnum 24,
    "gs" "k_" 0 Alnum 24, "xa" "i-" 0 Alnum 24, "pp" "lx-" 1 Alnum 24, "op" "s_eyJ" 2 Dotted 24,
    "dp" ".pt." 0 Alnum 24, "dp" ".st." 0 Dotted 24, "dp" ".sa." 0 Alnum 24,
    "dt0" "c01." 1 Dotted 24, "gl" "sa_" 0 Word 24, "gl" "c_" 0 Dotted 24,
    "snt" "rys_" 0 Dotted 24, "snt" "ryu_" 0 Dotted 24, "ph" "x_" 0 Alnum 24,
    "lsv2" "_pt_" 1 Word 24, "lsv2" "_sk_" 1 Word 24, "ts" "key-" 1 Word 16,
    "CFP" "AT-" 0 Word 24, "AGE-" "SECRET-KEY-1" 9 Word 24, "EZ" "AK" 0 Alnum 40,
    "EZ" "TK" 0 Alnum 40, "FLW" "SECK" 0 Word 16, "psc" "ale_tkn_" 0 Dotted 16,
    "psc" "ale_pw_" 0 Dotted 16, "psc" "ale_oauth_" 0 Dotted 16, "pn" "u_" 0 Alnum 24,
    "pn" "b_" 0 Alnum 24, "xke" "ysib-" 0 Word 24, "mdb" "_sa_sk_" 0 Word 16,
    "fo1" "_" 0 Word 24, "fm1" "r_" 0 Dotted 24, "fm2" "_" 0 Dotted 24, "pu" "l-" 1 Hex 32,
    "sgp" "_" 0 Alnum 24, "wa" "ka_" 1 Word 24, "sl." "B" 0 Word 40, "oy2" "" 0 Alnum 40,
    "tfp" "_" 0 Word 24, "crt" "r_" 0 Word 24, "rnd" "_" 0 Alnum 24,
    "dd" "p_" 0 Alnum 24, "bkua" "_" 1 Hex 24, "cci" "pat_" 0 Word 20, "aio" "_" 0 Alnum 24,
    "hrk" "u-" 0 Word 24, "HRK" "U-" 0 Word 24, "pat" "-na1-" 2 Word 20, "pat" "-eu1-" 2 Word 20,
    "squ" "_" 0 Hex 32, "sqp" "_" 0 Hex 32, "sqa" "_" 0 Hex 32,
    "AKCp" "" 1 Alnum 40, "cmVm" "dGtu" 1 Alnum 40, "kgat" "_" 0 Alnum 24,
    "apify" "_api_" 3 Alnum 24, "tvly" "-" 1 Word 20, "nva" "pi-" 1 Word 24, "ctp" "_" 0 Word 24,
    "dbt" "c_" 2 Dotted 20, "dbt" "u_" 2 Dotted 20, "airb" "yte_" 2 Word 24, "vc" "p_" 0 Alnum 24,
    "LT" "AI4" 2 Alnum 12, "LT" "AI5" 2 Alnum 12,
];
