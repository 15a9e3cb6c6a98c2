//! The tables a plan delivers: registers, names, columns and kinds.

/// What a column holds.
///
/// Text is an Arrow string, Integer a 32-bit integer, Decimal a 64-bit float rounded to
/// the stated number of decimals, Date a 32-bit day number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A string.
    Text,
    /// A 32-bit integer.
    Integer,
    /// A number with this many decimals.
    Decimal(u8),
    /// A calendar date.
    Date,
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The column's name in the register.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether a value may be missing.
    pub nullable: bool,
}

/// One table of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// The register's id in the catalogue.
    pub register: &'static str,
    /// The table's name in the register.
    pub table: &'static str,
    /// The columns in delivery order.
    pub columns: &'static [ColumnSpec],
}

const fn text(name: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        kind: ColumnKind::Text,
        nullable: false,
    }
}

const fn integer(name: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        kind: ColumnKind::Integer,
        nullable: false,
    }
}

const fn decimal(name: &'static str, decimals: u8) -> ColumnSpec {
    ColumnSpec {
        name,
        kind: ColumnKind::Decimal(decimals),
        nullable: false,
    }
}

const fn date(name: &'static str) -> ColumnSpec {
    ColumnSpec {
        name,
        kind: ColumnKind::Date,
        nullable: false,
    }
}

const fn optional(column: ColumnSpec) -> ColumnSpec {
    ColumnSpec {
        nullable: true,
        ..column
    }
}

/// Places of the tables in [`TABLES`].
pub(crate) mod place {
    pub(crate) const CPR_PERSON: usize = 0;
    pub(crate) const CPR_ADRESSE: usize = 1;
    pub(crate) const CPR_VANDRING: usize = 2;
    pub(crate) const BEF: usize = 3;
    pub(crate) const IND: usize = 4;
    pub(crate) const UDDA: usize = 5;
    pub(crate) const LPR3_KONTAKTER: usize = 6;
    pub(crate) const LPR3_DIAGNOSER: usize = 7;
    pub(crate) const LPR3_PROCEDURER: usize = 8;
    pub(crate) const LPR_ADM: usize = 9;
    pub(crate) const LPR_DIAG: usize = 10;
    pub(crate) const LPR_SKSOPR: usize = 11;
    pub(crate) const LMDB: usize = 12;
    pub(crate) const LAB: usize = 13;
    pub(crate) const SYSI: usize = 14;
    pub(crate) const SSSY: usize = 15;
    pub(crate) const DAR: usize = 16;
    pub(crate) const DVDD: usize = 17;
}

/// Every table of the synthetic Denmark.
pub(crate) static TABLES: &[TableSpec] = &[
    TableSpec {
        register: "cpr",
        table: "person",
        columns: &[
            text("personnummer"),
            date("foedselsdato"),
            text("koen"),
            text("status"),
            date("statusdato"),
            text("kommunekode"),
            text("civilstand"),
            optional(date("civilstandsdato")),
            optional(date("doedsdato")),
            optional(text("mor_pnr")),
            optional(text("far_pnr")),
            optional(text("aegtefaelle_pnr")),
        ],
    },
    TableSpec {
        register: "cpr",
        table: "adresse",
        columns: &[
            text("personnummer"),
            text("kommunekode"),
            date("dato_fra"),
            optional(date("dato_til")),
        ],
    },
    TableSpec {
        register: "cpr",
        table: "vandring",
        columns: &[
            text("personnummer"),
            date("haendelsesdato"),
            text("retning"),
            text("land"),
        ],
    },
    TableSpec {
        register: "dst_bef",
        table: "bef",
        columns: &[
            text("pnr"),
            date("referencetid"),
            integer("koen"),
            date("foed_dag"),
            integer("alder"),
            text("kom"),
            text("reg"),
            text("civst"),
            optional(text("aegte_id")),
            optional(text("mor_id")),
            optional(text("far_id")),
            text("familie_id"),
            integer("antpersf"),
            integer("antboernf"),
            text("ie_type"),
            text("opr_land"),
        ],
    },
    TableSpec {
        register: "dst_ind",
        table: "ind",
        columns: &[
            text("pnr"),
            date("referencetid"),
            integer("perindkialt_13"),
            integer("erhvervsindk_13"),
            integer("loenmv_13"),
            integer("dispon_13"),
            integer("aekvivadisp_13"),
            integer("beskst13"),
        ],
    },
    TableSpec {
        register: "dst_udda",
        table: "udda",
        columns: &[
            text("pnr"),
            date("referencetid"),
            text("hfaudd"),
            optional(date("hf_vfra")),
            optional(text("igaudd")),
        ],
    },
    TableSpec {
        register: "lpr3",
        table: "kontakter",
        columns: &[
            text("pnr"),
            text("dw_ek_kontakt"),
            text("dw_ek_forloeb"),
            date("kont_starttidspunkt"),
            date("kont_sluttidspunkt"),
            text("kontakttype"),
            text("prioritet"),
            text("kontaktaarsag"),
            text("aktionsdiagnose"),
            text("kont_ans_hovedspec"),
            text("sorenhed_ans"),
            text("region_ans"),
        ],
    },
    TableSpec {
        register: "lpr3",
        table: "diagnoser",
        columns: &[
            text("pnr"),
            text("dw_ek_kontakt"),
            date("kont_starttidspunkt"),
            text("diag_kode"),
            text("diag_type"),
            text("senere_afkraeftet"),
        ],
    },
    TableSpec {
        register: "lpr3",
        table: "procedurer",
        columns: &[
            text("pnr"),
            text("dw_ek_kontakt"),
            text("procedurekode"),
            text("proceduretype"),
            date("dato_start"),
            text("sorenhed_pro"),
        ],
    },
    TableSpec {
        register: "lpr2",
        table: "lpr_adm",
        columns: &[
            text("pnr"),
            text("recnum"),
            date("d_inddto"),
            date("d_uddto"),
            text("c_pattype"),
            text("c_indm"),
            text("c_adiag"),
            text("c_spec"),
            text("c_sgh"),
            integer("v_sengdage"),
        ],
    },
    TableSpec {
        register: "lpr2",
        table: "lpr_diag",
        columns: &[
            text("pnr"),
            text("recnum"),
            date("d_inddto"),
            text("c_diag"),
            text("c_diagtype"),
        ],
    },
    TableSpec {
        register: "lpr2",
        table: "lpr_sksopr",
        columns: &[
            text("pnr"),
            text("recnum"),
            text("c_opr"),
            date("d_odto"),
            text("c_osgh"),
        ],
    },
    TableSpec {
        register: "lmdb",
        table: "epikur",
        columns: &[
            text("pnr"),
            date("eksd"),
            text("atc"),
            text("vnr"),
            integer("apk"),
            integer("packsize"),
            decimal("volume", 1),
            decimal("volapk", 1),
            text("voltypecode"),
            optional(text("indo")),
        ],
    },
    TableSpec {
        register: "lab",
        table: "lab_forsker",
        columns: &[
            text("pnr"),
            text("rekvisitionsnr"),
            date("samplingdate"),
            text("analysiscode"),
            decimal("value", 2),
            text("unit"),
            text("resulttype"),
            optional(text("referenceinterval_lowerlimit")),
            optional(text("referenceinterval_upperlimit")),
            text("laboratorium_idcode"),
            text("rekvirent_id"),
            text("rekvirent_idtype"),
        ],
    },
    TableSpec {
        register: "ssr",
        table: "sysi",
        columns: &[
            text("pnr"),
            text("speciale"),
            text("honuge"),
            date("honuge_dato"),
            integer("barnmak"),
            integer("antydel"),
            decimal("bruhon", 2),
            text("ydernr"),
        ],
    },
    TableSpec {
        register: "ssr",
        table: "sssy",
        columns: &[
            text("pnr"),
            text("speciale"),
            text("honuge"),
            date("honuge_dato"),
            integer("barnmak"),
            integer("antydel"),
            decimal("bruhon", 2),
            text("ydernr"),
        ],
    },
    TableSpec {
        register: "dar",
        table: "t_dodsaarsag_2",
        columns: &[
            text("pnr"),
            date("d_dodsdato"),
            integer("v_alder"),
            text("c_dodtilgrundl_acme"),
            text("c_dod_1a"),
            optional(text("c_dod_1b")),
            optional(text("c_dod_1c")),
            integer("c_liste49"),
            integer("c_dodsmaade"),
        ],
    },
    TableSpec {
        register: "rkkp_dvdd",
        table: "status",
        columns: &[
            text("cpr"),
            date("statusdato"),
            integer("diabetestype"),
            integer("debutaar"),
            optional(decimal("hba1c", 0)),
            optional(integer("systolisk_bt")),
            optional(integer("diastolisk_bt")),
            optional(decimal("ldl", 1)),
            optional(integer("egfr")),
            optional(decimal("albumin_kreatinin_ratio", 0)),
            optional(decimal("bmi", 1)),
            text("rygning"),
            optional(date("oejenscreening_dato")),
            optional(date("fodstatus_dato")),
            text("behandlingssted"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_their_tables() {
        let named = |place: usize| (TABLES[place].register, TABLES[place].table);
        assert_eq!(named(place::CPR_PERSON), ("cpr", "person"));
        assert_eq!(named(place::CPR_ADRESSE), ("cpr", "adresse"));
        assert_eq!(named(place::CPR_VANDRING), ("cpr", "vandring"));
        assert_eq!(named(place::BEF), ("dst_bef", "bef"));
        assert_eq!(named(place::IND), ("dst_ind", "ind"));
        assert_eq!(named(place::UDDA), ("dst_udda", "udda"));
        assert_eq!(named(place::LPR3_KONTAKTER), ("lpr3", "kontakter"));
        assert_eq!(named(place::LPR3_DIAGNOSER), ("lpr3", "diagnoser"));
        assert_eq!(named(place::LPR3_PROCEDURER), ("lpr3", "procedurer"));
        assert_eq!(named(place::LPR_ADM), ("lpr2", "lpr_adm"));
        assert_eq!(named(place::LPR_DIAG), ("lpr2", "lpr_diag"));
        assert_eq!(named(place::LPR_SKSOPR), ("lpr2", "lpr_sksopr"));
        assert_eq!(named(place::LMDB), ("lmdb", "epikur"));
        assert_eq!(named(place::LAB), ("lab", "lab_forsker"));
        assert_eq!(named(place::SYSI), ("ssr", "sysi"));
        assert_eq!(named(place::SSSY), ("ssr", "sssy"));
        assert_eq!(named(place::DAR), ("dar", "t_dodsaarsag_2"));
        assert_eq!(named(place::DVDD), ("rkkp_dvdd", "status"));
        assert_eq!(TABLES.len(), 18);
    }
}
