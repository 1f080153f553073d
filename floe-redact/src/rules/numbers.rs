//! Forms of numbers that identify persons: payment cards, bank accounts, social security numbers.

use std::ops::RangeInclusive;

/// Lengths of IBANs by country.
pub(crate) const IBAN: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28\
    EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20\
    LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29\
    RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// The first four digits of payment cards, and how many digits there are.
#[rustfmt::skip]
pub(crate) const ISSUERS: &[(RangeInclusive<u32>, &[usize])] = &[
    (4000..=4999, &[13, 16, 19]),
    (5100..=5599, &[16]), (2221..=2720, &[16]), (3528..=3589, &[16]),
    (3400..=3499, &[15]), (3700..=3799, &[15]),
    (3000..=3059, &[14, 16]), (3600..=3699, &[14, 16]), (3800..=3999, &[14, 16]),
    (6011..=6011, &[16, 17, 19]), (6440..=6599, &[16, 17, 19]), (6200..=6299, &[16, 17, 19]),
    (5018..=5018, &[16, 18, 19]), (5020..=5020, &[16, 18, 19]), (5038..=5038, &[16, 18, 19]),
    (5893..=5893, &[16, 18, 19]), (6304..=6304, &[16, 18, 19]), (6759..=6759, &[16, 18, 19]),
    (6761..=6763, &[16, 18, 19]),
];

/// Where the groups of a US social security number begin that was never issued, and the group.
pub(crate) const NEVER_ISSUED: &[(usize, &str)] =
    &[(0, "000"), (0, "666"), (0, "9"), (4, "00"), (7, "0000")];
