//! The formats of vendors' tokens.

use std::sync::LazyLock;

use crate::rules::format::{Alphabet, Checksum, Length, Part, Shape, TokenFormat};
use crate::rules::list::{WordList, ends};

/// GitHub's checksum of the random part, which other vendors have adopted. It has six digits.
const CRC32_BASE62: Checksum = Checksum::Crc32 { base: 62, digits: 6, prefix: false };

/// GitLab's checksum of the text before it. It has seven digits.
const CRC32_BASE36: Checksum = Checksum::Crc32 { base: 36, digits: 7, prefix: true };

/// Grafana's checksum of the text before it. It has eight digits.
const CRC32_HEX: Checksum = Checksum::Crc32Hex;

/// A number of bytes: `[20]`, `[20..=40]` or `[20..]`.
macro_rules! length {
    ($exactly:literal) => {
        Length::Exactly($exactly)
    };
    ($min:literal ..= $max:literal) => {
        Length::Between($min, $max)
    };
    ($min:literal ..) => {
        Length::AtLeast($min)
    };
}

/// Several parts: texts and runs of alphabets, such as `Hex[24] "-" Hex[34]`.
macro_rules! parts {
    ($($first:literal)? $($alphabet:ident $(($more:literal))? [$($length:tt)+] $($text:literal)?)*) => {
        &[
            $(Part::Text($first),)?
            $(
                Part::Run(Alphabet::$alphabet $(($more))?, length!($($length)+)),
                $(Part::Text($text),)?
            )*
        ]
    };
}

const UUID: &[Part] =
    parts!(LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12]);

/// A random UUID.
const UUID_V4: &[Part] =
    parts!(LowerHex[8] "-" LowerHex[4] "-4" LowerHex[3] "-" LowerHex[4] "-" LowerHex[12]);

/// GitLab's routable tokens: the payload, the version, the length of the payload, and the checksum.
const GITLAB_ROUTABLE: &[Part] = parts!(Base64Url[27..=300] "." LowerDigits[2] "." LowerDigits[9]);

/// The first version of GitLab's routable tokens.
const GITLAB_UNVERSIONED: &[Part] = parts!(Base64Url[27..=300] "." LowerDigits[9]);

/// Authress: the service client, the key, the account and the secret, with dots between them.
const AUTHRESS: &[Part] = parts!(Alphanumeric[5..=30] "." Alphanumeric[4..=6] ".acc" Base64Url[11..=40] "." And("+/_=-")[30..=120]);

/// The parts of a token after its prefix. With a run before the prefix, the prefix is in the middle of the token.
macro_rules! shape {
    ($prefix:literal $parts:ident) => {
        Shape::of_parts($parts)
    };
    ($prefix:literal $alphabet:ident $(($more:literal))? [$($length:tt)+]) => {
        Shape::of_run(Alphabet::$alphabet $(($more))?, length!($($length)+))
    };
    ($prefix:literal $($part:tt)+) => {
        Shape::of_parts(parts!($($part)+))
    };
    ($before:ident $(($more:literal))? [$($length:tt)+] $prefix:literal $($part:tt)*) => {
        Shape::around(
            &(Alphabet::$before $(($more))?, length!($($length)+)),
            parts!($($part)*),
        )
    };
}

macro_rules! prefix {
    ($prefix:literal $($part:tt)+) => {
        $prefix
    };
    ($before:ident $(($more:literal))? [$($length:tt)+] $prefix:literal $($part:tt)*) => {
        $prefix
    };
}

/// The page of a vendor, or the rule of a public scanner, in which the format is documented.
#[cfg(test)]
macro_rules! source {
    (page $page:literal) => {
        $page
    };
    (betterleaks) => {
        "https://github.com/betterleaks/betterleaks/blob/main/config/betterleaks.toml"
    };
    (detect_secrets $file:literal) => {
        concat!("https://github.com/Yelp/detect-secrets/blob/master/detect_secrets/plugins/", $file, ".py")
    };
    (github) => {
        "https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns"
    };
    (gitleaks) => {
        "https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml"
    };
    (kingfisher $file:literal) => {
        concat!("https://github.com/mongodb/kingfisher/blob/main/data/rules/", $file, ".yml")
    };
    (noseyparker $file:literal) => {
        concat!(
            "https://github.com/praetorian-inc/noseyparker/blob/main/crates/noseyparker/data/default/builtin/rules/",
            $file,
            ".yml",
        )
    };
    (osv_scalibr $folder:literal) => {
        concat!("https://github.com/google/osv-scalibr/tree/main/veles/secrets/", $folder)
    };
    (secrets_patterns_db) => {
        "https://github.com/mazen160/secrets-patterns-db/blob/master/db/rules-stable.yml"
    };
    (semgrep $file:literal) => {
        concat!("https://github.com/semgrep/semgrep-rules/blob/develop/generic/secrets/", $file)
    };
    (titus $file:literal) => {
        concat!("https://github.com/praetorian-inc/titus/blob/main/pkg/rule/rules/", $file, ".yml")
    };
    (trufflehog $folder:literal) => {
        concat!("https://github.com/trufflesecurity/trufflehog/tree/main/pkg/detectors/", $folder)
    };
    (watchman $file:literal) => {
        concat!(
            "https://github.com/PaperMtn/watchman-signatures/blob/main/signatures/tokens_and_credentials/",
            $file,
        )
    };
}

macro_rules! tokens {
    ($(
        $id:literal ($($shape:tt)+) $(checksum $checksum:ident)? from $source:ident $($place:literal)?;
    )*) => {
        /// One row for each documented format, sorted by id. The order has no effect on the match that wins, see
        /// `vendor::best`.
        ///
        /// Where sources differ about the length, a row accepts every documented length. With a prefix of two or three
        /// bytes, it has an exact length, several parts or at least 80 bytes, because words begin like this, too.
        pub(crate) static TOKENS: LazyLock<Vec<TokenFormat>> = LazyLock::new(|| {
            let mut texts = TEXTS.iter();
            let format = |&Shape { alphabet, length, checksum }| {
                let (id, prefix) = (texts.next()?, texts.next()?);
                Some(TokenFormat { id, prefix, alphabet, length, checksum })
            };
            SHAPES.iter().filter_map(format).collect()
        });

        /// The id and the prefix of each row.
        static TEXTS: WordList = WordList {
            text: concat!($($id, prefix!($($shape)+)),*),
            ends: &ends([$($id.len(), prefix!($($shape)+).len()),*]),
        };

        static SHAPES: &[Shape] = &[$(Shape {
            $(checksum: Some($checksum),)?
            ..shape!($($shape)+)
        }),*];

        /// The page that documents the format of each row.
        #[cfg(test)]
        const SOURCES: &[(&str, &str)] = &[$(($id, source!($source $($place)?))),*];
    };
}

tokens! {
    "1password-secret-key" ("A3-" UpperDigits[6] "-" UpperDigits[11] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5]) from gitleaks;
    "1password-secret-key-long" ("A3-" UpperDigits[6] "-" UpperDigits[6] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5]) from gitleaks;
    "1password-service-account-token" ("ops_eyJ" Base64[250..]) from gitleaks;
    "adafruit-io-key" ("aio_" Alphanumeric[28]) from trufflehog "adafruitio";
    "adobe-client-secret" ("p8e-" Base64Url[32]) from kingfisher "adobe";
    "adyen-api-key" ("AQE" And("+/=-")[80..]) from page "https://docs.adyen.com/development-resources/api-credentials/";
    "aftership-api-key" ("asat_" LowerHex[32]) from page "https://www.aftership.com/docs/tracking/2025-01/fcd9acb5f448a-api-overview";
    "age-secret-key" ("AGE-SECRET-KEY-1" UpperDigits[58]) from kingfisher "age";
    "age-secret-key-post-quantum" ("AGE-SECRET-KEY-PQ-1" UpperDigits[58..]) from page "https://github.com/FiloSottile/age/blob/main/README.md";
    "aikido-ci-token" ("AIK_CI_" Alphanumeric[20..=44]) from betterleaks;
    "aikido-client-secret" ("AIK_SECRET_" Alphanumeric[64]) from betterleaks;
    "airtable-personal-access-token" ("pat" Alphanumeric[14] "." LowerHex[64]) from gitleaks;
    "aiven-service-password" ("AVNS_" Base64Url[19]) from github;
    "akamai-edgegrid-token" ("akab-" LowerDigits[16] "-" LowerDigits[16]) from watchman "akamai.yaml";
    "alibaba-access-key" ("LTAI" Alphanumeric[12..=20]) from gitleaks;
    "alibaba-sts-access-key" ("STS." Alphanumeric[20..=64]) from betterleaks;
    "amazon-login-client-secret" ("amzn1.oa2-cs.v1." LowerHex[64]) from github;
    "amazon-marketplace-token" ("amzn.mws." UUID) from semgrep "security/detected-amazon-mws-auth-token.yaml";
    "anthropic-admin-key" ("sk-ant-admin01-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-api-key" ("sk-ant-api03-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-compliance-key" ("sk-ant-api01-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-oauth-access-token" ("sk-ant-oat01-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-oauth-refresh-token" ("sk-ant-ort01-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-session-key" ("sk-ant-sid01-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "anthropic-session-key-2" ("sk-ant-sid02-" Base64Url[80..]) from osv_scalibr "anthropicapikey";
    "apify-api-token" ("apify_api_" Alphanumeric[34..=38]) from trufflehog "apify";
    "apify-proxy-password" ("apify_proxy_" Alphanumeric[34..=38]) from github;
    "apify-ui-token" ("apify_ui_" Alphanumeric[34..=38]) from github;
    "arcjet-key" ("ajkey_" LowerDigits[20..=40]) from page "https://github.com/arcjet/arcjet-js/blob/main/arcjet-bun/README.md";
    "artifactory-api-key" ("AKCp" Alphanumeric[68..=70]) from gitleaks;
    "artifactory-reference-token" ("cmVmd" Alphanumeric[59]) from gitleaks;
    "asaas-api-key" ("$aact_" And("_-:$")[40..]) from betterleaks;
    "asana-access-token" ("1/" Digits[14..=17] ":" LowerHex[32]) from titus "asana";
    "asana-access-token-2" ("2/" Digits[14..=17] "/" Digits[14..=17] ":" LowerHex[32]) from github;
    "atlassian-access-token" ("ATCTT3" And("_-=")[60..=260]) from trufflehog "atlassian/v2";
    "atlassian-api-token" ("ATATT3" And("_-=")[60..=260]) from noseyparker "atlassian";
    "atlassian-bitbucket-app-password" ("ATBB" Alphanumeric[32]) from trufflehog "bitbucketapppassword";
    "atlassian-oauth-client-secret" ("ATOA" And("_-=")[60..]) from page "https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/";
    "authress-access-key" ("authress_" AUTHRESS) from betterleaks;
    "authress-access-key-ext" ("ext_" AUTHRESS) from betterleaks;
    "authress-access-key-sc" ("sc_" AUTHRESS) from titus "authress";
    "authress-access-key-scauth" ("scauth_" AUTHRESS) from gitleaks;
    "aws-access-key-a3t" ("A3T" UpperDigits[17]) from noseyparker "aws";
    "aws-access-key-abia" ("ABIA" UpperDigits[16]) from trufflehog "aws/access_keys";
    "aws-access-key-acca" ("ACCA" UpperDigits[16]) from trufflehog "aws/access_keys";
    "aws-access-key-akia" ("AKIA" UpperDigits[16]) from trufflehog "aws/access_keys";
    "aws-access-key-asia" ("ASIA" UpperDigits[16]) from trufflehog "aws/session_keys";
    "aws-bedrock-api-key" ("ABSK" Base64[109..=269]) from gitleaks;
    "aws-bedrock-short-term-api-key" ("bedrock-api-key-" Base64[100..]) from betterleaks;
    "aws-session-token" ("IQoJb3JpZ2luX2Vj" Base64[100..]) from github;
    "aws-session-token-fwo" ("FwoGZXIvYXdz" Base64[100..]) from github;
    "axiom-api-token" ("xaat-" UUID) from page "https://axiom.co/docs/reference/tokens";
    "axiom-personal-token" ("xapt-" UUID) from page "https://axiom.co/docs/reference/tokens";
    "azure-client-secret" (And("_~.")[3] "8Q~" And("_~.-")[31..=34]) from betterleaks;
    "azure-client-secret-7" (And("_~.")[3] "7Q~" And("_~.-")[31..=34]) from betterleaks;
    "backblaze-application-key" ("K00" And("+/")[28]) from page "https://www.backblaze.com/docs/cloud-storage-application-keys";
    "baidu-access-key" ("ALTAK" Alphanumeric[21]) from github;
    "beamer-api-key" ("b_" And("_-=")[44]) from gitleaks;
    "bitcoin-extended-private-key" ("xprv" Alphanumeric[107]) from page "https://github.com/satoshilabs/slips/blob/master/slip-0132.md";
    "bitcoin-extended-private-key-testnet" ("tprv" Alphanumeric[107]) from page "https://github.com/satoshilabs/slips/blob/master/slip-0132.md";
    "bitcoin-extended-private-key-y" ("yprv" Alphanumeric[107]) from page "https://github.com/satoshilabs/slips/blob/master/slip-0132.md";
    "bitcoin-extended-private-key-z" ("zprv" Alphanumeric[107]) from page "https://github.com/satoshilabs/slips/blob/master/slip-0132.md";
    "bitrise-workspace-token" ("bitwat_" Base64Url[40..]) from github;
    "bitwarden-secrets-manager-token" ("0." LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12] "." Alphanumeric[30] ":" Base64[24]) from page "https://github.com/bitwarden/sdk-sm/blob/main/crates/fake-server/README.md";
    "block-protocol-api-key" ("b10ck5." Alphanumeric[32] "." Alphanumeric[36]) from github;
    "blockfrost-mainnet-project" ("mainnet" Alphanumeric[32]) from page "https://hackage.haskell.org/package/blockfrost-client-0.9.1.0/candidate/src/README.md";
    "blockfrost-preprod-project" ("preprod" Alphanumeric[32]) from page "https://hackage.haskell.org/package/blockfrost-client-0.9.1.0/candidate/src/README.md";
    "brave-search-api-key" ("BSA" Base64Url[28]) from betterleaks;
    "brevo-api-key" ("xkeysib-" LowerHex[64] "-" Alphanumeric[16]) from gitleaks;
    "brevo-smtp-key" ("xsmtpsib-" LowerHex[64] "-" Alphanumeric[16]) from github;
    "brex-user-token" ("bxt_" Alphanumeric[32..]) from page "https://developer.brex.com/docs/authentication/";
    "browserbase-api-key" ("bb_live_" Base64Url[24..]) from page "https://github.com/browserbase/stagehand/blob/main/packages/integrations/fx/README.md";
    "builder-private-key" ("bpk-" LowerHex[32]) from page "https://www.builder.io/c/docs/using-your-api-key";
    "buildkite-agent-access-token" ("bkaa_" Base64Url[75]) from betterleaks;
    "buildkite-agent-job-token" ("bkaj_" Base64Url[200..]) from betterleaks;
    "buildkite-agent-registration-token" ("bkar_" Base64Url[73]) from betterleaks;
    "buildkite-api-token" ("bkua_" LowerDigits[40..=53]) from trufflehog "buildkite/v2";
    "buildkite-cluster-token" ("bkct_" Base64Url[73]) from betterleaks;
    "buildkite-packages-token" ("bkpt_" Base64Url[100..]) from betterleaks;
    "buildkite-portal-secret" ("bkps_" Base64Url[64]) from betterleaks;
    "buildkite-portal-token" ("bkpat_" Base64Url[54]) from betterleaks;
    "cal-com-api-key" ("cal_live_" LowerHex[32]) from page "https://www.mintlify.com/calcom/cal.com/api/authentication";
    "canva-client-secret" ("cnvca" Base64Url[51]) from betterleaks;
    "cartesia-api-key" ("sk_car_" Word[20..=30]) from page "https://docs.cartesia.ai/get-started/authenticate-your-client-applications";
    "cashfree-client-secret" ("cfsk_ma_prod_" LowerHex[32] "_" LowerHex[8]) from github;
    "cashfree-client-secret-test" ("cfsk_ma_test_" LowerHex[32] "_" LowerHex[8]) from github;
    "cerebras-api-key" ("csk-" LowerDigits[48]) from titus "cerebras";
    "cfx-server-key" ("cfxk_" Word[20..]) from betterleaks;
    "chargebee-api-key" ("live_" Alphanumeric[32..=34]) from page "https://apidocs.chargebee.com/docs/api/auth";
    "checkly-api-key" ("cu_" LowerHex[32]) from page "https://www.checklyhq.com/docs/accounts-and-users/creating-api-key/";
    "checkout-secret-key" ("sk_" UUID) from trufflehog "checkout";
    "checkout-secret-key-test" ("sk_test_" UUID) from trufflehog "checkout";
    "chief-tools-access-token" ("cto_" Alphanumeric[30..=248]) from github;
    "chief-tools-personal-access-token" ("ctp_" Alphanumeric[30..=248]) from github;
    "chief-tools-refresh-token" ("ctr_" Alphanumeric[30..=248]) from github;
    "chromatic-project-token" ("chpt_" LowerDigits[12..=20]) from page "https://www.chromatic.com/docs/setup/";
    "circleci-personal-token" ("CCIPAT_" Alphanumeric[20..=24] "_" LowerHex[40]) from trufflehog "circleci/v2";
    "circleci-project-token" ("CCIPRJ_" Alphanumeric[20..=24] "_" LowerHex[40]) from osv_scalibr "circleci";
    "clearbit-api-key" ("sk_" LowerHex[32]) from trufflehog "clearbit";
    "clickhouse-cloud-api-secret" ("4b1d" Alphanumeric[38]) from gitleaks;
    "clickup-personal-token" ("pk_" Digits[7..=9] "_" UpperDigits[32]) from trufflehog "clickuppersonaltoken";
    "clojars-deploy-token" ("CLOJARS_" LowerDigits[60]) from gitleaks;
    "close-api-key" ("api_" Alphanumeric[22] "." Alphanumeric[22]) from trufflehog "closecrm";
    "cloudflare-account-token" ("cfat_" Alphanumeric[48]) from trufflehog "cloudflareapitoken/v2";
    "cloudflare-global-api-key" ("cfk_" Alphanumeric[48]) from trufflehog "cloudflareglobalapikey/v2";
    "cloudflare-origin-ca-key" ("v1.0-" LowerHex[24] "-" LowerHex[146]) from gitleaks;
    "cloudflare-turnstile-secret" ("0x4AAAAAA" Base64Url[26]) from page "https://developers.cloudflare.com/turnstile/get-started/";
    "cloudflare-user-token" ("cfut_" Alphanumeric[48]) from trufflehog "cloudflareapitoken/v2";
    "cloudsmith-api-key" ("csa_" Alphanumeric[36]) from betterleaks;
    "cockroach-cloud-api-key" ("CCDB1_" Alphanumeric[22] "_" Alphanumeric[40]) from betterleaks;
    "codesandbox-api-token" ("csb_v1_" Base64Url[40..]) from page "https://codesandbox.io/docs/sdk";
    "coingecko-api-key" ("CG-" Alphanumeric[24]) from page "https://docs.coingecko.com/reference/setting-up-your-api-key";
    "configcat-sdk-key" ("configcat-sdk-1/" Base64Url[22] "/" Base64Url[22]) from betterleaks;
    "confluent-cloud-api-secret" ("cflt" And("+/")[60]) from titus "confluent";
    "contentful-personal-access-token" ("CFPAT-" Base64Url[43]) from trufflehog "contentfulpersonalaccesstoken";
    "coralogix-personal-key" ("cxup_" Alphanumeric[28..=36]) from page "https://coralogix.com/docs/user-guides/account-management/api-keys/api-keys/";
    "coralogix-team-key" ("cxtp_" Alphanumeric[28..=36]) from page "https://coralogix.com/docs/user-guides/account-management/api-keys/api-keys/";
    "courier-api-key" ("pk_prod_" UpperDigits[28]) from trufflehog "courier";
    "covalent-api-key" ("cqt_" Alphanumeric[24..=36]) from page "https://goldrush.dev/docs/goldrush-foundational-api/authentication";
    "covalent-legacy-key" ("ckey_" LowerHex[26..=28]) from page "https://goldrush.dev/docs/goldrush-foundational-api/authentication";
    "coze-personal-token" ("pat_" Alphanumeric[64]) from titus "coze";
    "crates-io-token" ("cio" Alphanumeric[32]) from kingfisher "crates.io";
    "crossmint-server-key" ("sk_production_" Alphanumeric[60..]) from page "https://docs.crossmint.com/introduction/platform/api-keys/server-side";
    "crossmint-server-key-staging" ("sk_staging_" Alphanumeric[60..]) from page "https://docs.crossmint.com/introduction/platform/api-keys/server-side";
    "cursor-api-key" ("key_" LowerHex[64]) from osv_scalibr "cursorapikey";
    "cursor-user-key" ("crsr_" LowerHex[64]) from page "https://cursor.com/docs/api";
    "databento-api-key" ("db-" Alphanumeric[29]) from betterleaks;
    "databricks-api-token" ("dapi" LowerHex[32]) from gitleaks;
    "databricks-api-token-numbered" ("dapi" LowerHex[32] "-" Digits[1..=2]) from gitleaks;
    "databricks-oauth-secret" ("dose" LowerHex[32]) from github;
    "databricks-oauth-token" ("dkea" LowerHex[32]) from github;
    "datadog-application-key" ("ddapp_" Alphanumeric[30..=40]) from github;
    "datastax-astra-token" ("AstraCS:" Alphanumeric[20..=40] ":" LowerHex[64]) from betterleaks;
    "daytona-api-key" ("dtn_" LowerHex[64]) from page "https://www.daytona.io/docs/en/api-keys/";
    "dbt-cloud-service-token" ("dbtc_" Base64Url[30..]) from page "https://docs.getdbt.com/docs/dbt-cloud-apis/authentication";
    "dbt-cloud-user-token" ("dbtu_" Base64Url[30..]) from page "https://docs.getdbt.com/docs/dbt-cloud-apis/authentication";
    "deepseek-api-key" ("sk-" LowerHex[32]) from trufflehog "deepseek";
    "defined-networking-api-token" ("dnkey-" And("-_=")[79]) from gitleaks;
    "deno-organization-token" ("ddo_" Alphanumeric[36]) from osv_scalibr "denopat";
    "deno-personal-token" ("ddp_" Alphanumeric[36]) from trufflehog "deno";
    "dependency-track-api-key" ("odt_" Alphanumeric[32..]) from kingfisher "dependency_track";
    "dependency-track-api-key-2" ("odt_" Alphanumeric[8] "_" Alphanumeric[32..]) from noseyparker "dependency_track";
    "devcycle-server-key" ("dvc_server_" Word[20..=60]) from betterleaks;
    "devin-personal-api-key" ("apk_user_" Base64[80..]) from betterleaks;
    "devin-service-api-key" ("apk_" Base64[80..]) from betterleaks;
    "devin-service-user-token" ("cog_" LowerDigits[52]) from betterleaks;
    "digitalocean-oauth-token" ("doo_v1_" LowerHex[64]) from gitleaks;
    "digitalocean-personal-access-token" ("dop_v1_" LowerHex[64]) from gitleaks;
    "digitalocean-refresh-token" ("dor_v1_" LowerHex[64]) from gitleaks;
    "digitalocean-spaces-key" ("DO00" UpperDigits[16]) from page "https://docs.digitalocean.com/products/spaces/how-to/manage-access/";
    "dingtalk-robot-secret" ("SEC" LowerHex[64]) from page "https://open.dingtalk.com/document/robots/customize-robot-security-settings";
    "discord-mfa-token" ("mfa." Base64Url[84]) from osv_scalibr "discordbottoken";
    "dnsimple-account-token" ("dnsimple_a_" Alphanumeric[24..=64]) from page "https://support.dnsimple.com/articles/api-access-token/";
    "dnsimple-user-token" ("dnsimple_u_" Alphanumeric[24..=64]) from page "https://support.dnsimple.com/articles/api-access-token/";
    "docker-organization-access-token" ("dckr_oat_" Base64Url[27..=32]) from trufflehog "dockerhub/v2";
    "docker-personal-access-token" ("dckr_pat_" Base64Url[24..=36]) from osv_scalibr "dockerhubpat";
    "docker-swarm-join-token" ("SWMTKN-1-" LowerDigits[48..=60] "-" LowerDigits[24..=30]) from betterleaks;
    "docker-swarm-unlock-key" ("SWMKEY-1-" And("+/")[40..=50]) from betterleaks;
    "doppler-audit-token" ("dp.audit." Alphanumeric[40..=44]) from trufflehog "doppler";
    "doppler-cli-token" ("dp.ct." Alphanumeric[40..=44]) from trufflehog "doppler";
    "doppler-personal-token" ("dp.pt." Alphanumeric[40..=44]) from trufflehog "doppler";
    "doppler-scim-token" ("dp.scim." Alphanumeric[40..=44]) from trufflehog "doppler";
    "doppler-service-account-token" ("dp.sa." Alphanumeric[40..=44]) from trufflehog "doppler";
    "doppler-service-token" ("dp.st." Base64Url[2..=35] "." Alphanumeric[40..=44]) from noseyparker "doppler";
    "doppler-service-token-plain" ("dp.st." Alphanumeric[40..=44]) from trufflehog "doppler";
    "dropbox-short-lived-token" ("sl." And("-_.=")[120..]) from noseyparker "dropbox";
    "duffel-live-token" ("duffel_live_" And("_-=")[43]) from gitleaks;
    "duffel-test-token" ("duffel_test_" And("_-=")[43]) from gitleaks;
    "dvc-studio-token" ("isat_" Alphanumeric[30..]) from github;
    "dynatrace-activegate-token" ("dt0g02." Alphanumeric[8..=24] "." Alphanumeric[64]) from page "https://docs.dynatrace.com/managed/manage/access-control/access-tokens";
    "dynatrace-api-token" ("dt0c01." Alphanumeric[8..=24] "." Alphanumeric[64]) from noseyparker "dynatrace";
    "dynatrace-oauth-client-secret" ("dt0s01." Alphanumeric[8..=24] "." Alphanumeric[64]) from page "https://docs.dynatrace.com/managed/manage/access-control/access-tokens";
    "dynatrace-oauth-client-secret-2" ("dt0s02." Alphanumeric[8..=24] "." Alphanumeric[64]) from page "https://docs.dynatrace.com/managed/manage/access-control/access-tokens";
    "dynatrace-platform-token" ("dt0s16." Alphanumeric[8..=24] "." Alphanumeric[64]) from page "https://docs.dynatrace.com/managed/manage/access-control/access-tokens";
    "e2b-api-key" ("e2b_" LowerHex[40]) from page "https://github.com/e2b-dev/E2B/blob/main/README.md";
    "easypost-api-key" ("EZAK" Alphanumeric[54]) from gitleaks;
    "easypost-test-api-key" ("EZTK" Alphanumeric[54]) from gitleaks;
    "ebay-production-secret" ("PRD-" LowerHex[8..=12] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4..=12]) from betterleaks;
    "ebay-sandbox-secret" ("SBX-" LowerHex[8..=12] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4..=12]) from betterleaks;
    "elastic-cloud-api-key" ("essu_" And("_-=")[60..=200]) from betterleaks;
    "elevenlabs-api-key" ("sk_" LowerHex[48]) from trufflehog "elevenlabs/v2";
    "endor-api-key" ("endr+" Dashed[16]) from trufflehog "endorlabs";
    "exoscale-api-key" ("EXO" Alphanumeric[24]) from betterleaks;
    "facebook-access-token" ("EAA" Alphanumeric[80..]) from noseyparker "facebook";
    "figma-personal-access-token" ("figd_" Base64Url[38..=44]) from betterleaks;
    "firebase-server-key" ("AAAA" Base64Url[7] ":APA91b" Base64Url[120..]) from titus "firebase";
    "firecrawl-api-key" ("fc-" LowerHex[32]) from noseyparker "firecrawl";
    "firehydrant-bot-token" ("fhb-" LowerHex[32]) from page "https://docs.firehydrant.com/docs/api-keys";
    "fireworks-api-key" ("fw_" Alphanumeric[24]) from titus "fireworksai";
    "fireworks-api-key-short" ("fw_" Alphanumeric[22]) from titus "fireworksai";
    "flagsmith-server-key" ("ser." Alphanumeric[22]) from page "https://github.com/Flagsmith/flagsmith/blob/main/api/environments/api_keys.py";
    "fleetbase-live-key" ("flb_live_" Alphanumeric[20..=40]) from titus "fleetbase";
    "flutterwave-encryption-key-test" ("FLWSECK_TEST" Alphanumeric[12]) from gitleaks;
    "flutterwave-encryption-key-test-dashed" ("FLWSECK_TEST-" LowerHex[12]) from gitleaks;
    "flutterwave-public-key" ("FLWPUBK-" Alphanumeric[32] "-X") from page "https://developer.flutterwave.com/docs/authentication";
    "flutterwave-public-key-test" ("FLWPUBK_TEST-" Alphanumeric[32] "-X") from gitleaks;
    "flutterwave-secret-key" ("FLWSECK-" Alphanumeric[32] "-X") from trufflehog "flutterwave";
    "flutterwave-secret-key-test" ("FLWSECK_TEST-" Alphanumeric[32] "-X") from gitleaks;
    "fly-macaroon-2" ("fm2_" Base64[80..]) from titus "flyio";
    "fly-macaroon-a" ("fm1a_" Base64[80..]) from betterleaks;
    "fly-macaroon-r" ("fm1r_" Base64[80..]) from betterleaks;
    "fly-oauth-token" ("fo1_" Base64Url[43]) from gitleaks;
    "frame-io-developer-token" ("fio-u-" And("_-=")[64]) from gitleaks;
    "fullstory-api-key-eu" ("eu1." Base64[48..]) from betterleaks;
    "fullstory-api-key-na" ("na1." Base64[48..]) from trufflehog "fullstory/v2";
    "gc-notify-api-key" ("gcntfy-" Base64Url[74..=200]) from betterleaks;
    "gitbook-api-token" ("gb_api_" Alphanumeric[36..=44]) from page "https://gitbook.com/docs/developers/gitbook-api/authentication";
    "github-app-installation-token" ("ghs_" Alphanumeric[36]) checksum CRC32_BASE62 from gitleaks;
    "github-app-installation-token-stateless" ("ghs_" Digits[1..=20] "_eyJ" Base64Url[20..] "." Base64Url[20..] "." Base64Url[20..]) from osv_scalibr "github";
    "github-app-refresh-token" ("ghr_" Alphanumeric[36..=76]) checksum CRC32_BASE62 from gitleaks;
    "github-app-user-token" ("ghu_" Alphanumeric[36]) checksum CRC32_BASE62 from gitleaks;
    "github-fine-grained-token" ("github_pat_" Alphanumeric[22] "_" Alphanumeric[59..=221]) from gitleaks;
    "github-oauth-token" ("gho_" Alphanumeric[36]) checksum CRC32_BASE62 from gitleaks;
    "github-personal-access-token" ("ghp_" Alphanumeric[36]) checksum CRC32_BASE62 from gitleaks;
    "gitlab-agent-token" ("glagent-" Base64Url[50..=64]) from gitleaks;
    "gitlab-ci-job-token" ("glcbt-" Alphanumeric[1..=5] "_" Base64Url[20]) from gitleaks;
    "gitlab-deploy-token" ("gldt-" Base64Url[20]) from gitleaks;
    "gitlab-deploy-token-routable" ("gldt-" GITLAB_ROUTABLE) checksum CRC32_BASE36 from gitleaks;
    "gitlab-feature-flags-token" ("glffct-" Base64Url[20]) from gitleaks;
    "gitlab-feed-token" ("glft-" Base64Url[20]) from gitleaks;
    "gitlab-feed-token-path" ("glft-" LowerHex[64] "-" Digits[1..=20]) from betterleaks;
    "gitlab-incoming-mail-token" ("glimt-" Base64Url[25]) from gitleaks;
    "gitlab-oauth-application-secret" ("gloas-" Base64Url[64]) from gitleaks;
    "gitlab-personal-access-token" ("glpat-" Base64Url[20]) from gitleaks;
    "gitlab-personal-access-token-routable" ("glpat-" GITLAB_ROUTABLE) checksum CRC32_BASE36 from gitleaks;
    "gitlab-personal-access-token-unversioned" ("glpat-" GITLAB_UNVERSIONED) checksum CRC32_BASE36 from gitleaks;
    "gitlab-pipeline-trigger-token" ("glptt-" LowerHex[40]) from gitleaks;
    "gitlab-runner-registered-token" ("glrtr-" Base64Url[20]) from page "https://docs.gitlab.com/security/tokens/";
    "gitlab-runner-registered-token-routable" ("glrtr-" GITLAB_ROUTABLE) checksum CRC32_BASE36 from page "https://docs.gitlab.com/security/tokens/";
    "gitlab-runner-registration-token" ("GR1348941" Base64Url[20]) from gitleaks;
    "gitlab-runner-token" ("glrt-" Base64Url[20]) from gitleaks;
    "gitlab-runner-token-partitioned" ("glrt-" "t" Digits[1] "_" Base64Url[20]) from gitleaks;
    "gitlab-runner-token-routable" ("glrt-" GITLAB_ROUTABLE) checksum CRC32_BASE36 from gitleaks;
    "gitlab-runner-token-unversioned" ("glrt-" GITLAB_UNVERSIONED) checksum CRC32_BASE36 from gitleaks;
    "gitlab-scim-token" ("glsoat-" Base64Url[20]) from gitleaks;
    "gitlab-workspace-token" ("glwt-" Base64Url[20..]) from page "https://docs.gitlab.com/security/tokens/";
    "gitpod-personal-access-token" ("gitpod_pat_" Dotted[40..]) from page "https://www.gitpod.io/docs/configure/user-settings/access-tokens";
    "gocardless-live-token" ("live_" And("_-=")[40]) from gitleaks;
    "gocardless-sandbox-token" ("sandbox_" And("_-=")[40]) from github;
    "google-api-key" ("AIza" Base64Url[35]) from gitleaks;
    "google-cloud-storage-hmac-key" ("GOOG1E" UpperDigits[57]) from osv_scalibr "gcshmackey";
    "google-gemini-key" ("AQ.Ab8" Base64Url[44..=56]) from osv_scalibr "gcpexpressmode";
    "google-oauth-access-token" ("ya29." Base64Url[60..]) from trufflehog "googleoauth2";
    "google-oauth-client-secret" ("GOCSPX-" Base64Url[28]) from kingfisher "google";
    "google-oauth-refresh-token" ("1//0" Base64Url[40..=220]) from noseyparker "google";
    "grafana-api-key" ("eyJrIjoi" Base64[40..=400]) from betterleaks;
    "grafana-cloud-token" ("glc_" Base64[32..]) from gitleaks;
    "grafana-service-account-token" ("glsa_" Alphanumeric[32] "_" LowerHex[8]) checksum CRC32_HEX from gitleaks;
    "groq-api-key" ("gsk_" Alphanumeric[52]) from trufflehog "groq";
    "harness-personal-access-token" ("pat." Base64Url[22] "." LowerHex[24] "." Alphanumeric[20]) from gitleaks;
    "harness-service-account-token" ("sat." Base64Url[22] "." LowerHex[24] "." Alphanumeric[20]) from gitleaks;
    "headscale-api-key" ("hskey-api-" Base64Url[40..]) from page "https://github.com/juanfont/headscale/blob/main/hscontrol/db/api_key.go";
    "headscale-auth-key" ("hskey-auth-" Base64Url[40..]) from page "https://github.com/juanfont/headscale/blob/main/hscontrol/db/preauth_keys.go";
    "helicone-api-key" ("sk-helicone-" Dashed[24..]) from page "https://docs.helicone.ai/helicone-headers/helicone-auth";
    "heroku-api-key" ("HRKU-AA" Base64Url[58]) from gitleaks;
    "heroku-api-key-uuid" ("HRKU-" UUID) from osv_scalibr "herokuplatformkey";
    "hex-personal-token" ("hxtp_" Alphanumeric[40..]) from page "https://learn.hex.tech/docs/api/api-overview";
    "hex-workspace-token" ("hxtw_" Alphanumeric[40..]) from page "https://learn.hex.tech/docs/api/api-overview";
    "honeycomb-classic-ingest-key" ("hcaic_" LowerDigits[26..=58]) from page "https://docs.honeycomb.io/api/authentication";
    "honeycomb-ingest-key" ("hcaik_" LowerDigits[26..=58]) from page "https://docs.honeycomb.io/api/authentication";
    "honeycomb-ingest-key-x" ("hcxik_" LowerDigits[26..=58]) from page "https://docs.honeycomb.io/api/authentication";
    "hubspot-private-app-token" ("pat-" LowerDigits[2..=4] "-" LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12]) from titus "hubspot";
    "huggingface-access-token" ("hf_" Alphanumeric[34]) from gitleaks;
    "huggingface-organization-token" ("api_org_" Alphanumeric[34]) from trufflehog "huggingface";
    "imagekit-private-key" ("private_" And("+/=")[28]) from titus "imagekit";
    "infisical-service-token" ("st." LowerHex[24] "." LowerHex[30..=64] "." LowerHex[30..=64]) from page "https://infisical.com/docs/internals/service-tokens";
    "infracost-api-key" ("ico-" Alphanumeric[32]) from gitleaks;
    "inngest-api-key" ("sk-inn-api-" Base64Url[20..]) from page "https://www.inngest.com/docs/platform/api-keys";
    "inngest-signing-key-branch" ("signkey-branch-" LowerHex[32..=64]) from page "https://www.inngest.com/docs/platform/signing-keys";
    "inngest-signing-key-prod" ("signkey-prod-" LowerHex[32..=64]) from page "https://www.inngest.com/docs/platform/signing-keys";
    "inngest-signing-key-staging" ("signkey-staging-" LowerHex[32..=64]) from page "https://www.inngest.com/docs/platform/signing-keys";
    "inngest-signing-key-test" ("signkey-test-" LowerHex[32..=64]) from page "https://www.inngest.com/docs/platform/signing-keys";
    "instagram-access-token" ("IGQV" Base64Url[80..]) from titus "instagram";
    "instagram-login-token" ("IGAA" Base64Url[100..]) from page "https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login";
    "intercom-access-token" ("dG9rO" Base64[55]) from titus "intercom";
    "intra42-client-secret" ("s-s4t2ud-" Hex[64]) from gitleaks;
    "intra42-client-secret-af" ("s-s4t2af-" Hex[64]) from gitleaks;
    "ionic-personal-access-token" ("ion_" Alphanumeric[42]) from kingfisher "ionic";
    "jetbrains-permanent-token" ("perm:" Base64[4..] "." Base64[2..] "." Alphanumeric[20..=40]) from page "https://www.jetbrains.com/help/youtrack/devportal/authentication-with-permanent-token.html";
    "jetbrains-permanent-token-dash" ("perm-" Base64[4..] "." Base64[2..] "." Alphanumeric[20..=40]) from page "https://www.jetbrains.com/help/youtrack/devportal/Manage-Permanent-Token.html";
    "jina-api-key" ("jina_" Alphanumeric[60]) from noseyparker "jina";
    "jsr-device-token" ("jsrd_" Alphanumeric[24..=80]) from page "https://github.com/jsr-io/jsr/blob/main/frontend/docs/api.md";
    "jsr-personal-token" ("jsrp_" Alphanumeric[24..=80]) from page "https://github.com/jsr-io/jsr/blob/main/frontend/docs/api.md";
    "k3s-server-token" ("K10" LowerHex[64] "::" And("-_:")[8..]) from page "https://docs.k3s.io/cli/token";
    "kaggle-api-token" ("KGAT_" LowerHex[32]) from page "https://www.kaggle.com/docs/api";
    "klarna-api-key-live" ("klarna_live_api_" Base64[60..]) from page "https://docs.klarna.com/api-reference/authentication";
    "klarna-api-key-test" ("klarna_test_api_" Base64[60..]) from page "https://docs.klarna.com/api-reference/authentication";
    "klaviyo-private-key" ("pk_" LowerDigits[34]) from kingfisher "klaviyo";
    "kong-personal-access-token" ("kpat_" Alphanumeric[40..]) from page "https://developer.konghq.com/konnect-api/";
    "kong-system-access-token" ("spat_" Alphanumeric[40..]) from page "https://developer.konghq.com/konnect-api/";
    "lambda-cloud-key" ("secret_" Dashed[1..=60] "_" LowerHex[32] "." Alphanumeric[32]) from page "https://docs.lambda.ai/public-cloud/cloud-api/";
    "langfuse-secret-key" ("sk-lf-" UUID) from trufflehog "langfuse";
    "langsmith-legacy-key" ("ls__" LowerHex[32]) from page "https://github.com/langchain-ai/langsmith-docs/blob/main/docs/administration/concepts/index.mdx";
    "langsmith-personal-token" ("lsv2_pt_" LowerHex[32] "_" LowerHex[10]) from trufflehog "langsmith";
    "langsmith-service-key" ("lsv2_sk_" LowerHex[32] "_" LowerHex[10]) from trufflehog "langsmith";
    "launchdarkly-access-token" ("api-" UUID_V4) from trufflehog "launchdarkly";
    "launchdarkly-sdk-key" ("sdk-" UUID_V4) from trufflehog "launchdarkly";
    "lichess-oauth-token" ("lio_" Alphanumeric[16..=60]) from github;
    "lichess-personal-token" ("lip_" Alphanumeric[16..=60]) from betterleaks;
    "lightdash-personal-access-token" ("ldpat_" Alphanumeric[24..=64]) from page "https://docs.lightdash.com/references/personal_tokens";
    "linear-api-key" ("lin_api_" Alphanumeric[40]) from gitleaks;
    "linear-oauth-token" ("lin_oauth_" Alphanumeric[40..=64]) from github;
    "linear-webhook-secret" ("lin_wh_" Alphanumeric[30..=64]) from page "https://linear.app/developers/webhooks";
    "linkedin-client-secret" ("WPL_AP1." And("+/=.")[16..=60]) from github;
    "liveblocks-development-key" ("sk_dev_" Base64Url[40..]) from page "https://liveblocks.io/docs/authentication";
    "liveblocks-production-key" ("sk_prod_" Base64Url[24..]) from gitleaks;
    "llama-cloud-api-key" ("llx-" Alphanumeric[44..=52]) from page "https://github.com/run-llama/llama_cloud_services/blob/main/parse.md";
    "lob-live-key" ("live_" LowerHex[35]) from gitleaks;
    "lob-live-publishable-key" ("live_pub_" LowerHex[31]) from gitleaks;
    "lob-test-key" ("test_" LowerHex[35]) from gitleaks;
    "lob-test-publishable-key" ("test_pub_" LowerHex[31]) from gitleaks;
    "locationiq-access-token" ("pk." LowerHex[32]) from trufflehog "locationiq";
    "logicmonitor-bearer-token" ("lmb_" Base64[40..]) from github;
    "mailchimp-api-key" (LowerHex[32] "-us" Digits[1..=2]) from noseyparker "mailchimp";
    "mailersend-api-token" ("mlsn." Alphanumeric[30..=100]) from betterleaks;
    "mailgun-private-key" ("key-" LowerHex[32]) from gitleaks;
    "mailgun-public-key" ("pubkey-" LowerHex[32]) from gitleaks;
    "mandrill-api-key" ("md-" Base64Url[22]) from github;
    "mapbox-public-token" ("pk.eyJ" Base64Url[20..] "." Base64Url[20..=24]) from noseyparker "mapbox";
    "mapbox-public-token-short" ("pk." Alphanumeric[60] "." Alphanumeric[22]) from gitleaks;
    "mapbox-secret-token" ("sk.eyJ" Base64Url[20..] "." Base64Url[20..=24]) from noseyparker "mapbox";
    "mapbox-temporary-token" ("tk.eyJ" Base64Url[20..] "." Base64Url[20..=24]) from noseyparker "mapbox";
    "mapillary-client-token" ("MLY|" Digits[10..=20] "|" LowerHex[32]) from page "https://github.com/mapillary/mapillary-python-sdk/blob/main/src/mapillary/interface.py";
    "materialize-app-password" ("mzp_" LowerHex[64]) from page "https://github.com/MaterializeInc/terraform-provider-materialize/blob/main/pkg/clients/helpers.go";
    "matrix-mas-access-token" ("mct_" Alphanumeric[30] "_" Alphanumeric[6]) from page "https://github.com/element-hq/matrix-authentication-service/blob/main/crates/handlers/src/compat/login.rs";
    "matrix-mas-refresh-token" ("mcr_" Alphanumeric[30] "_" Alphanumeric[6]) from page "https://github.com/element-hq/matrix-authentication-service/blob/main/crates/handlers/src/compat/login.rs";
    "matrix-synapse-refresh-token" ("syr_" And("+/=")[2..=200] "_" Alphanumeric[20] "_" Alphanumeric[6]) from page "https://github.com/element-hq/synapse/blob/develop/synapse/handlers/auth.py";
    "matrix-synapse-token" ("syt_" And("+/=")[2..=200] "_" Alphanumeric[20] "_" Alphanumeric[6]) from page "https://github.com/element-hq/synapse/blob/develop/synapse/handlers/auth.py";
    "mem0-api-key" ("m0-" Alphanumeric[40]) from page "https://github.com/mem0ai/mem0/blob/main/README.md";
    "mercadopago-access-token" ("APP_USR-" Digits[12..=20] "-" Digits[6] "-" LowerHex[32] "-" Digits[5..=12]) from page "https://www.mercadopago.com.br/developers/en/docs/checkout-api-payments/best-practices/credentials-best-practices/secure-credentials.md";
    "mercury-production-token" ("mercury_production_" Lower[3..=6] "_" Alphanumeric[40..=50] "_yrucrem") from betterleaks;
    "mercury-sandbox-token" ("mercury_sandbox_" Lower[3..=6] "_" Alphanumeric[40..=50] "_yrucrem") from betterleaks;
    "mergify-application-key" ("mergify_application_key_" Base64Url[40..=200]) from titus "mergify";
    "metabase-api-key" ("mb_" Base64[44]) from page "https://www.metabase.com/docs/latest/people-and-groups/api-keys";
    "midtrans-sandbox-server-key" ("SB-Mid-server-" Base64Url[16..=32]) from github;
    "midtrans-server-key" ("Mid-server-" Base64Url[16..=32]) from betterleaks;
    "minimax-api-key" ("sk-api-" Base64Url[100..]) from betterleaks;
    "miro-access-token" ("eyJtaXJv" Base64Url[40..=140]) from page "https://developers.miro.com/docs/getting-started-with-oauth";
    "modal-token-id" ("ak-" Alphanumeric[22]) from page "https://github.com/modal-labs/modal-client/blob/main/go/README.md";
    "modal-token-secret" ("as-" Alphanumeric[22]) from page "https://github.com/modal-labs/modal-client/blob/main/go/README.md";
    "modrinth-personal-access-token" ("mrp_" Alphanumeric[60]) from page "https://github.com/modrinth/code/blob/main/apps/docs/public/openapi.yaml";
    "mollie-live-key" ("live_" Alphanumeric[30]) from page "https://github.com/mollie/mollie-api-python/blob/main/mollie/api/client.py";
    "mollie-test-key" ("test_" Alphanumeric[30]) from page "https://github.com/mollie/mollie-api-python/blob/main/mollie/api/client.py";
    "mongodb-atlas-service-account-secret" ("mdb_sa_sk_" Base64Url[40]) from kingfisher "mongodb";
    "moonshot-api-key" ("sk-" Alphanumeric[48]) from betterleaks;
    "n8n-api-key" ("n8n_api_" LowerHex[40..=96]) from page "https://docs.n8n.io/api/authentication/";
    "neon-api-key" ("napi_" Alphanumeric[64]) from betterleaks;
    "neptune-api-token" ("eyJhcGlfYWRkcmVzcyI6" Base64[60..]) from page "https://github.com/neptune-ai/neptune-client/blob/master/src/neptune/internal/constants.py";
    "netbird-personal-access-token" ("nbp_" Alphanumeric[36]) checksum CRC32_BASE62 from page "https://github.com/netbirdio/netbird/blob/main/shared/management/http/api/openapi.yml";
    "netlify-build-token" ("nfb_" Alphanumeric[36..=48]) from page "https://docs.netlify.com/api/get-started/";
    "netlify-cli-token" ("nfc_" Alphanumeric[36..=48]) from page "https://docs.netlify.com/api/get-started/";
    "netlify-oauth-token" ("nfo_" Alphanumeric[36..=48]) from page "https://docs.netlify.com/api/get-started/";
    "netlify-personal-token" ("nfp_" Alphanumeric[36..=48]) from trufflehog "netlify/v2";
    "netlify-ui-token" ("nfu_" Alphanumeric[36..=48]) from page "https://docs.netlify.com/api/get-started/";
    "nets-live-secret-key" ("live-secret-key-" LowerHex[32]) from page "https://developer.nexigroup.com/nexi-checkout/en-EU/docs/access-your-integration-keys/";
    "nets-test-secret-key" ("test-secret-key-" LowerHex[32]) from page "https://developer.nexigroup.com/nexi-checkout/en-EU/docs/access-your-integration-keys/";
    "new-relic-admin-key" ("NRAA-" LowerHex[27]) from noseyparker "newrelic";
    "new-relic-browser-key" ("NRBR-" LowerHex[19]) from trufflehog "newrelicbrowserkey";
    "new-relic-browser-license-key" ("NRJS-" LowerHex[19]) from gitleaks;
    "new-relic-insert-key" ("NRII-" Base64Url[32]) from trufflehog "newrelicinsightsinsertkey";
    "new-relic-license-key" (LowerDigits[32] "FFFFNRAL") from trufflehog "newreliclicensekey";
    "new-relic-pixie-api-key" ("px-api-" UUID) from noseyparker "newrelic";
    "new-relic-pixie-deploy-key" ("px-dep-" UUID) from noseyparker "newrelic";
    "new-relic-query-key" ("NRIQ-" Base64Url[32]) from trufflehog "newrelicinsightsquerykey";
    "new-relic-rest-key" ("NRRA-" LowerHex[42]) from noseyparker "newrelic";
    "new-relic-synthetics-key" ("NRSP-" LowerDigits[35..=40]) from secrets_patterns_db;
    "new-relic-user-key" ("NRAK-" Alphanumeric[27]) from noseyparker "newrelic";
    "nightfall-api-key" ("NF-" Alphanumeric[32]) from trufflehog "nightfall";
    "nostr-private-key" ("nsec1" LowerDigits[58]) from page "https://github.com/nostr-protocol/nips/blob/master/19.md";
    "notion-integration-token" ("ntn_" Alphanumeric[43..=50]) from titus "notion";
    "notion-integration-token-legacy" ("secret_" Alphanumeric[43]) from trufflehog "notion";
    "npm-access-token" ("npm_" Alphanumeric[36]) checksum CRC32_BASE62 from gitleaks;
    "ntfy-access-token" ("tk_" LowerDigits[29]) from page "https://github.com/binwiederhier/ntfy/blob/main/docs/publish.md";
    "nuget-api-key" ("oy2" LowerDigits[43]) from kingfisher "nuget";
    "nvidia-api-key" ("nvapi-" Base64Url[60..=70]) from titus "nvidia";
    "nylas-api-key" ("nyk_" Word[40..=80]) from titus "nylas";
    "octopus-deploy-api-key" ("API-" UpperDigits[25..=32]) from trufflehog "octopusdeploy";
    "oculus-access-token" ("OC|" Digits[10..=20] "|" Alphanumeric[20..=48]) from github;
    "omise-secret-key" ("skey_" LowerDigits[19]) from page "https://github.com/omise/omise-python/blob/master/README.md";
    "omise-test-secret-key" ("skey_test_" LowerDigits[19]) from page "https://github.com/omise/omise-python/blob/master/README.md";
    "onesignal-app-key" ("os_v2_app_" LowerDigits[90..=110]) from betterleaks;
    "onesignal-organization-key" ("os_v2_org_" LowerDigits[90..=110]) from betterleaks;
    "onfido-live-token" ("api_live." Base64Url[20..=80]) from betterleaks;
    "onfido-live-token-ca" ("api_live_ca." Base64Url[20..=80]) from betterleaks;
    "onfido-live-token-eu" ("api_live_eu." Base64Url[20..=80]) from github;
    "onfido-live-token-us" ("api_live_us." Base64Url[20..=80]) from betterleaks;
    "onfido-sandbox-token" ("api_sandbox." Base64Url[20..=80]) from github;
    "openai-admin-key" ("sk-admin-" Base64Url[40..]) from trufflehog "openaiadmin";
    "openai-project-key" ("sk-proj-" Base64Url[40..]) from osv_scalibr "openai";
    "openai-service-account-key" ("sk-svcacct-" Base64Url[40..]) from osv_scalibr "openai";
    "openrouter-api-key" ("sk-or-v1-" LowerHex[64]) from trufflehog "openrouter";
    "openshift-access-token" ("sha256~" Base64Url[43]) from gitleaks;
    "openvsx-access-token" ("ovsxat_" UUID) from github;
    "openvsx-publish-token" ("ovsxp_" UUID) from github;
    "ory-access-token" ("ory_at_" Base64Url[30..]) from page "https://github.com/ory/docs/blob/master/docs/security-compliance/token-formats.mdx";
    "ory-personal-access-token" ("ory_pat_" Base64Url[30..]) from page "https://github.com/ory/docs/blob/master/docs/concepts/personal-access-token.mdx";
    "ory-refresh-token" ("ory_rt_" Base64Url[30..]) from page "https://github.com/ory/docs/blob/master/docs/security-compliance/token-formats.mdx";
    "ory-session-token" ("ory_st_" Base64Url[30..]) from page "https://github.com/ory/docs/blob/master/docs/security-compliance/token-formats.mdx";
    "packagist-api-key" ("packagist_ack_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "packagist-api-secret" ("packagist_acs_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "packagist-conductor-update-token" ("packagist_cut_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "packagist-organization-read-token" ("packagist_ort_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "packagist-organization-update-token" ("packagist_out_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "packagist-user-update-token" ("packagist_uut_" LowerHex[28..=96]) from osv_scalibr "packagist";
    "paddle-live-key" ("pdl_live_apikey_" LowerDigits[26] "_" Alphanumeric[22] "_" Alphanumeric[3]) from betterleaks;
    "paddle-notification-secret" ("pdl_ntfset_" LowerDigits[26] "_" And("+/")[32]) from page "https://developer.paddle.com/webhooks/signature-verification";
    "paddle-sandbox-key" ("pdl_sdbx_apikey_" LowerDigits[26] "_" Alphanumeric[22] "_" Alphanumeric[3]) from betterleaks;
    "pagarme-live-key" ("ak_live_" Alphanumeric[28..=34]) from trufflehog "pagarme";
    "pagarme-test-key" ("ak_test_" Alphanumeric[28..=34]) from page "https://docs.pagar.me/docs/chaves-de-acesso";
    "pagerduty-oauth-token" ("pdus+_" Alphanumeric[8] "_" LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12]) from github;
    "pagerduty-user-token" ("u+" And("_+-")[18]) from trufflehog "pagerdutyapikey";
    "paseto-v2-local" ("v2.local." Base64Url[64..]) from page "https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version2.md";
    "paseto-v2-public" ("v2.public." Base64Url[64..]) from page "https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version2.md";
    "paseto-v4-local" ("v4.local." Base64Url[64..]) from page "https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md";
    "paseto-v4-public" ("v4.public." Base64Url[64..]) from page "https://github.com/paseto-standard/paseto-spec/blob/master/docs/01-Protocol-Versions/Version4.md";
    "paypal-braintree-production-token" ("access_token$production$" LowerDigits[16] "$" LowerHex[32]) from semgrep "security/detected-paypal-braintree-access-token.yaml";
    "paypal-braintree-sandbox-token" ("access_token$sandbox$" LowerDigits[16] "$" LowerHex[32]) from page "https://github.com/braintree/braintree_python/blob/master/braintree/credentials_parser.py";
    "pem-base64-ec" ("LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW" Base64[24..]) from page "https://www.rfc-editor.org/rfc/rfc7468";
    "pem-base64-encrypted" ("LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV" Base64[24..]) from page "https://www.rfc-editor.org/rfc/rfc7468";
    "pem-base64-openssh" ("LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ" Base64[24..]) from page "https://www.rfc-editor.org/rfc/rfc7468";
    "pem-base64-pkcs8" ("LS0tLS1CRUdJTiBQUklWQVRFIEtFW" Base64[24..]) from page "https://www.rfc-editor.org/rfc/rfc7468";
    "pem-base64-rsa" ("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV" Base64[24..]) from page "https://www.rfc-editor.org/rfc/rfc7468";
    "perplexity-api-key" ("pplx-" Alphanumeric[48]) from gitleaks;
    "persona-production-key" ("persona_production_" And("_-")[20..=80]) from betterleaks;
    "persona-sandbox-key" ("persona_sandbox_" And("_-")[20..=80]) from betterleaks;
    "phabricator-conduit-certificate" ("cli-" LowerDigits[28]) from page "https://github.com/phacility/phabricator/blob/master/src/applications/conduit/storage/PhabricatorConduitToken.php";
    "phabricator-conduit-token" ("api-" LowerDigits[28]) from page "https://github.com/phacility/phabricator/blob/master/src/applications/conduit/storage/PhabricatorConduitToken.php";
    "pinecone-api-key" ("pcsk_" Alphanumeric[5..=6] "_" Alphanumeric[63]) from trufflehog "pinecone";
    "pinterest-access-token" ("pina_" Base64Url[40..=200]) from betterleaks;
    "pinterest-refresh-token" ("pinr_" Base64Url[40..=200]) from github;
    "plaid-development-access-token" ("access-development-" UUID) from gitleaks;
    "plaid-production-access-token" ("access-production-" UUID) from gitleaks;
    "plaid-sandbox-access-token" ("access-sandbox-" UUID) from gitleaks;
    "planetscale-oauth-token" ("pscale_oauth_" And("-_.=")[32..=64]) from gitleaks;
    "planetscale-password" ("pscale_pw_" And("-_.=")[32..=64]) from gitleaks;
    "planetscale-service-token" ("pscale_tkn_" And("-_.=")[32..=64]) from gitleaks;
    "polar-access-token" ("polar_at_u_" Alphanumeric[43]) checksum CRC32_BASE62 from betterleaks;
    "polar-authorization-code" ("polar_ac_" Alphanumeric[43]) checksum CRC32_BASE62 from github;
    "polar-organization-token" ("polar_oat_" Alphanumeric[43]) checksum CRC32_BASE62 from betterleaks;
    "polar-personal-token" ("polar_pat_" Alphanumeric[43]) checksum CRC32_BASE62 from betterleaks;
    "polar-refresh-token" ("polar_rt_u_" Alphanumeric[43]) checksum CRC32_BASE62 from github;
    "porkbun-api-key" ("pk1_" LowerHex[64]) from page "https://porkbun.com/llms/guides/getting-started";
    "porkbun-secret-key" ("sk1_" LowerHex[64]) from page "https://porkbun.com/llms/guides/getting-started";
    "portainer-access-token" ("ptr_" And("+/=_-")[40..=60]) from trufflehog "portainertoken";
    "posthog-feature-flags-key" ("phs_" Alphanumeric[40..=60]) from github;
    "posthog-personal-key" ("phx_" Alphanumeric[40..=60]) from trufflehog "posthog";
    "posthog-project-key" ("phc_" Alphanumeric[40..=60]) from titus "posthog";
    "postman-api-key" ("PMAK-" Hex[24] "-" Hex[34]) from gitleaks;
    "postman-collection-key" ("PMAT-" UpperDigits[26]) from osv_scalibr "postmanapikey";
    "prefect-service-key" ("pnb_" Alphanumeric[36]) from github;
    "prefect-user-key" ("pnu_" Alphanumeric[36]) from gitleaks;
    "proof-api-key" ("prf_" Base64Url[32..=80]) from betterleaks;
    "pubnub-secret-key" ("sec-c-" Base64[40..=60]) from page "https://docs.rs/crate/pn-sign/0.1.0";
    "pulumi-access-token" ("pul-" LowerHex[40]) from gitleaks;
    "pushbullet-access-token" ("o." Alphanumeric[32]) from trufflehog "pushbulletapikey";
    "pydantic-logfire-token-eu" ("pylf_v1_eu_" Alphanumeric[40..=60]) from page "https://github.com/pydantic/logfire/blob/main/logfire/db_api.py";
    "pydantic-logfire-token-us" ("pylf_v1_us_" Alphanumeric[40..=60]) from page "https://github.com/pydantic/logfire/blob/main/logfire/db_api.py";
    "pypi-test-upload-token" ("pypi-AgEN" Base64Url[50..]) from detect_secrets "pypi_token";
    "pypi-upload-token" ("pypi-AgEI" Base64Url[50..]) from gitleaks;
    "pyx-api-token" ("sk-pyx-" Alphanumeric[64]) from osv_scalibr "pyxkeyv1";
    "pyx-api-token-v2" ("sk-pyx-2" Letters[45]) from osv_scalibr "pyxkeyv2";
    "quicknode-api-key" ("QN_" LowerHex[32]) from page "https://www.quicknode.com/docs/console-api/getting-started";
    "rainforest-pay-api-key" ("apikey_" LowerHex[64]) from betterleaks;
    "ramp-client-secret" ("ramp_sec_" Alphanumeric[48]) from trufflehog "ramp";
    "rancher-api-token" ("token-" LowerDigits[5] ":" LowerDigits[54]) from gitleaks;
    "rancher-kubeconfig-token" ("kubeconfig-" Dashed[3..=40] ":" LowerDigits[54]) from page "https://ranchermanager.docs.rancher.com/reference-guides/about-the-api/api-tokens";
    "razorpay-live-key" ("rzp_live_" Alphanumeric[14]) from titus "razorpay";
    "razorpay-test-key" ("rzp_test_" Alphanumeric[14]) from titus "razorpay";
    "readme-api-key" ("rdme_" LowerDigits[70]) from gitleaks;
    "recharge-api-token" ("sk_1x1_" LowerHex[64]) from trufflehog "rechargepayments";
    "recharge-test-token" ("sk_test_1x1_" LowerHex[64]) from trufflehog "rechargepayments";
    "redirect-pizza-token" ("rpa_" Alphanumeric[30]) from betterleaks;
    "reepay-private-key" ("priv_" LowerHex[32]) from page "https://reference.reepay.com/api/";
    "render-api-key" ("rnd_" Alphanumeric[28..=32]) from betterleaks;
    "replicate-api-token" ("r8_" Alphanumeric[37]) from trufflehog "replicate";
    "resend-api-key" ("re_" Alphanumeric[8] "_" Alphanumeric[24]) from titus "resend";
    "retell-api-key" ("key_" LowerHex[28]) from titus "retellai";
    "retool-api-key" ("retool_01" LowerDigits[20..]) from page "https://docs.retool.com/reference/api/v2";
    "rfc8959-secret-token" ("secret-token:" And("-._~%+=:/")[20..]) from gitleaks;
    "rill-service-token" ("rill_svc_" Alphanumeric[30..]) from page "https://github.com/rilldata/rill/blob/main/admin/pkg/authtoken/authtoken.go";
    "rill-user-token" ("rill_usr_" Alphanumeric[30..]) from page "https://github.com/rilldata/rill/blob/main/admin/pkg/authtoken/authtoken.go";
    "riot-api-key" ("RGAPI-" UUID) from titus "riot";
    "robinhood-api-key" ("rh-api-" UUID) from trufflehog "robinhoodcrypto";
    "rootly-api-key" ("rootly_" LowerHex[64]) from trufflehog "rootly";
    "rubygems-api-key" ("rubygems_" LowerHex[48]) from gitleaks;
    "runpod-api-key" ("rpa_" Alphanumeric[46]) from betterleaks;
    "runway-api-key" ("key_" LowerHex[128]) from titus "runway";
    "saladcloud-api-key" ("salad_cloud_" Alphanumeric[1..=40] "_" Alphanumeric[20..=235]) from trufflehog "saladcloudapikey";
    "salesforce-access-token" ("00D" Alphanumeric[12..=15] "!" And("._")[60..=260]) from osv_scalibr "salesforceoauth2access";
    "salesforce-refresh-token" ("5Aep861" And("._")[60..]) from github;
    "samsara-api-token" ("samsara_api_" Alphanumeric[26..=32]) from betterleaks;
    "scaleway-access-key" ("SCW" UpperDigits[17]) from betterleaks;
    "scalingo-api-token" ("tk-us-" Base64Url[48]) from gitleaks;
    "segment-public-api-token" ("sgp_" Alphanumeric[64]) from kingfisher "segment";
    "sendgrid-api-key" ("SG." Base64Url[22] "." Base64Url[43]) from gitleaks;
    "sentry-integration-token" ("sntryi_" LowerHex[64]) from github;
    "sentry-organization-token" ("sntrys_eyJ" Base64[40..] "_" And("+/")[43]) from trufflehog "sentryorgtoken";
    "sentry-user-token" ("sntryu_" LowerHex[64]) from gitleaks;
    "settlemint-application-access-token" ("sm_aat_" Alphanumeric[16]) from gitleaks;
    "settlemint-personal-access-token" ("sm_pat_" Alphanumeric[16]) from gitleaks;
    "settlemint-service-access-token" ("sm_sat_" Alphanumeric[16]) from gitleaks;
    "shippo-live-token" ("shippo_live_" Hex[40]) from gitleaks;
    "shippo-test-token" ("shippo_test_" Hex[40]) from gitleaks;
    "shopify-access-token" ("shpat_" Hex[32]) from gitleaks;
    "shopify-custom-app-token" ("shpca_" Hex[32]) from gitleaks;
    "shopify-partner-api-token" ("prtapi_" Hex[32]) from github;
    "shopify-private-app-token" ("shppa_" Hex[32]) from gitleaks;
    "shopify-shared-secret" ("shpss_" Hex[32]) from gitleaks;
    "shopify-theme-access-password" ("shptka_" Hex[32]) from page "https://shopify.dev/docs/storefronts/themes/tools/theme-access";
    "sindri-api-key" ("sindri_" Word[30..]) from github;
    "slack-app-token" ("xapp-" Digits[1..=3] "-" Alphanumeric[9..=20] "-" Digits[10..=20] "-" Alphanumeric[32..=80]) from kingfisher "slack";
    "slack-bot-token" ("xoxb-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[18..=34]) from gitleaks;
    "slack-bot-token-legacy" ("xoxb-" Digits[8..=14] "-" Alphanumeric[18..=34]) from gitleaks;
    "slack-configuration-refresh-token" ("xoxe-" Digits[1..=2] "-" Alphanumeric[140..=170]) from kingfisher "slack";
    "slack-configuration-token" ("xoxe.xoxp-" Digits[1..=2] "-" Alphanumeric[140..=180]) from osv_scalibr "slacktoken";
    "slack-export-token" ("xoxe-" Digits[8..=14] "-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[28..=34]) from gitleaks;
    "slack-legacy-token-o" ("xoxo-" Digits[6..=14] "-" Digits[6..=14] "-" Digits[6..=14] "-" Hex[10..=64]) from gitleaks;
    "slack-legacy-token-s" ("xoxs-" Digits[6..=14] "-" Digits[6..=14] "-" Digits[6..=14] "-" Hex[10..=64]) from gitleaks;
    "slack-rotated-bot-token" ("xoxe.xoxb-" Digits[1..=2] "-" Alphanumeric[140..=180]) from betterleaks;
    "slack-session-cookie" ("xoxd-" And("+/%=-")[80..]) from betterleaks;
    "slack-session-token" ("xoxc-" Digits[8..=15] "-" Digits[8..=15] "-" Digits[8..=15] "-" LowerHex[64]) from betterleaks;
    "slack-user-token" ("xoxp-" Digits[8..=14] "-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[24..=36]) from gitleaks;
    "slack-user-token-short" ("xoxp-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[18..=36]) from trufflehog "slack";
    "slack-workflow-token" ("xwfp-" Digits[8..=15] "-" Digits[8..=15] "-" Alphanumeric[18..=36]) from page "https://docs.slack.dev/authentication/tokens";
    "slack-workspace-access-token" ("xoxa-" Digits[1..=14] "-" Dashed[8..=80]) from gitleaks;
    "slack-workspace-access-token-plain" ("xoxa-" Alphanumeric[8..=48]) from gitleaks;
    "slack-workspace-refresh-token" ("xoxr-" Digits[1..=14] "-" Dashed[8..=80]) from gitleaks;
    "slack-workspace-refresh-token-plain" ("xoxr-" Alphanumeric[8..=48]) from gitleaks;
    "smtp2go-api-key" ("api-" UpperHex[32]) from page "https://developers.smtp2go.com/docs/introduction-guide";
    "snyk-personal-access-token" ("snyk_uat." LowerDigits[8] "." Base64Url[8..] "." Base64Url[8..]) from page "https://docs.snyk.io/developer-tools/snyk-api/authentication-for-api";
    "snyk-service-account-token" ("snyk_sat." LowerDigits[8] "." Base64Url[8..] "." Base64Url[8..]) from page "https://docs.snyk.io/developer-tools/snyk-api/authentication-for-api";
    "socket-api-token" ("sktsec_" Base64Url[40..]) from page "https://github.com/SocketDev/socket-cli/blob/main/packages/cli/src/constants/socket.mts";
    "sonarqube-badge-token" ("sqb_" LowerHex[40]) from page "https://github.com/SonarSource/sonarqube/blob/master/server/sonar-db-dao/src/main/java/org/sonar/db/user/TokenType.java";
    "sonarqube-global-analysis-token" ("sqa_" LowerHex[40]) from kingfisher "sonarqube";
    "sonarqube-organization-token" ("sqco_" Base64Url[40..]) from trufflehog "sonarcloud/v2";
    "sonarqube-project-analysis-token" ("sqp_" LowerHex[40]) from kingfisher "sonarqube";
    "sonarqube-user-token" ("squ_" LowerHex[40]) from kingfisher "sonarqube";
    "sourcegraph-access-token" ("sgp_" Hex[40]) from gitleaks;
    "sourcegraph-access-token-v3" ("sgp_" Hex[16] "_" Hex[40]) from gitleaks;
    "sourcegraph-access-token-v3-local" ("sgp_local_" Hex[40]) from gitleaks;
    "sourcegraph-gateway-token" ("sgd_" Hex[64]) from github;
    "sourcegraph-handler-token" ("sgph_" Hex[64]) from page "https://sourcegraph.com/docs/cli/how-tos/revoking_an_access_token";
    "sourcegraph-license-token" ("slk_" Hex[64]) from trufflehog "sourcegraphcody";
    "sourcegraph-subscription-token" ("sgs_" Hex[64]) from github;
    "square-access-token" ("sq0atp-" Base64Url[22..=60]) from gitleaks;
    "square-application-secret" ("sq0csp-" Base64Url[43..=60]) from trufflehog "squareapp";
    "square-oauth-token" ("EAAA" Base64Url[60]) from gitleaks;
    "square-sandbox-access-token" ("sandbox-sq0atb-" Base64Url[22..=60]) from noseyparker "square";
    "square-sandbox-application-secret" ("sandbox-sq0csb-" Base64Url[43..=60]) from trufflehog "squareapp";
    "stackhawk-api-key" ("hawk." Base64Url[20] "." Base64Url[20]) from kingfisher "stackhawk";
    "statsig-console-key" ("console-" Alphanumeric[43]) from page "https://docs.statsig.com/access-management/api-keys";
    "statsig-server-key" ("secret-" Alphanumeric[43]) from page "https://docs.statsig.com/access-management/api-keys";
    "stripe-live-ephemeral-key" ("ek_live_" Alphanumeric[16..]) from page "https://docs.stripe.com/api/ephemeral_keys/object";
    "stripe-live-key" ("sk_live_" Alphanumeric[16..]) from gitleaks;
    "stripe-live-restricted-key" ("rk_live_" Alphanumeric[16..]) from gitleaks;
    "stripe-organization-key" ("sk_org_" Word[20..]) from page "https://docs.stripe.com/keys";
    "stripe-production-restricted-key" ("rk_prod_" Alphanumeric[16..]) from gitleaks;
    "stripe-test-ephemeral-key" ("ek_test_" Alphanumeric[16..]) from page "https://docs.stripe.com/api/ephemeral_keys/object";
    "stripe-test-key" ("sk_test_" Alphanumeric[16..]) from gitleaks;
    "stripe-test-restricted-key" ("rk_test_" Alphanumeric[16..]) from gitleaks;
    "stripe-webhook-secret" ("whsec_" Base64[24..=90]) from osv_scalibr "stripeapikeys";
    "stytch-live-secret" ("secret-live-" And("-_=")[36..=52]) from page "https://stytch.com/docs/api";
    "stytch-test-secret" ("secret-test-" And("-_=")[36..=52]) from page "https://stytch.com/docs/api";
    "sui-private-key" ("suiprivkey1" LowerDigits[57..=61]) from page "https://github.com/sui-foundation/sips/blob/main/sips/sip-15.md";
    "sumup-secret-key" ("sup_sk_" Alphanumeric[30..=64]) from page "https://github.com/sumup/sumup-rs/blob/main/codegen/src/samples.rs";
    "supabase-oauth-token" ("sbp_oauth_" LowerHex[40]) from titus "supabase";
    "supabase-personal-access-token" ("sbp_" LowerHex[40]) from trufflehog "supabasetoken";
    "supabase-secret-key" ("sb_secret_" Base64Url[31]) from titus "supabase";
    "tailscale-api-key" ("tskey-api-" Dashed[20..]) from trufflehog "tailscale";
    "tailscale-auth-key" ("tskey-auth-" Dashed[20..]) from trufflehog "tailscale";
    "tailscale-client-key" ("tskey-client-" Dashed[20..]) from titus "tailscale";
    "tailscale-scim-key" ("tskey-scim-" Dashed[20..]) from trufflehog "tailscale";
    "tailscale-webhook-key" ("tskey-webhook-" Dashed[20..]) from titus "tailscale";
    "tatum-api-key" ("t-" LowerHex[24] "-" LowerHex[24]) from page "https://docs.tatum.io/docs/authentication";
    "tavily-api-key" ("tvly-" Alphanumeric[32]) from noseyparker "tavily";
    "tavily-development-key" ("tvly-dev-" Base64Url[32..=64]) from page "https://docs.tavily.com/documentation/api-reference/introduction";
    "telegram-bot-token" (Digits[8..=10] ":AA" Base64Url[33]) from gitleaks;
    "telnyx-api-key" ("KEY" UpperHex[32] "_" Alphanumeric[22]) from trufflehog "telnyx";
    "tencent-access-key" ("AKID" Alphanumeric[32]) from github;
    "terraform-cloud-token" (Alphanumeric[14] ".atlasv1." And("_=-")[60..=70]) from gitleaks;
    "threads-access-token" ("THAA" Base64Url[100..]) from page "https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions";
    "thunderstore-api-token" ("tss_" Alphanumeric[20..=80]) from betterleaks;
    "tinkoff-invest-token" ("t." Base64Url[86]) from page "https://tinkoff.github.io/investAPI/token/";
    "tinybird-token" ("p.eyJ" Base64Url[20..] "." Base64Url[20..]) from page "https://www.tinybird.co/docs/concepts/auth-tokens";
    "together-api-key" ("tgp_v1_" Base64Url[43]) from titus "togetherai";
    "toss-payments-live-key" ("live_sk_" Alphanumeric[20..=64]) from page "https://docs.tosspayments.com/reference/using-api/authorization";
    "toss-payments-live-widget-key" ("live_gsk_" Alphanumeric[20..=64]) from page "https://docs.tosspayments.com/reference/using-api/authorization";
    "toss-payments-test-key" ("test_sk_" Alphanumeric[20..=64]) from page "https://docs.tosspayments.com/reference/using-api/authorization";
    "toss-payments-test-widget-key" ("test_gsk_" Alphanumeric[20..=64]) from page "https://docs.tosspayments.com/reference/using-api/authorization";
    "trello-token" ("ATTA" Hex[72]) from page "https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/";
    "trigger-development-key" ("tr_dev_" Alphanumeric[20..=64]) from page "https://github.com/triggerdotdev/trigger.dev/blob/main/apps/webapp/app/utils/apiKeys.ts";
    "trigger-personal-access-token" ("tr_pat_" Alphanumeric[20..=64]) from page "https://github.com/triggerdotdev/trigger.dev/blob/main/docs/v3-openapi.yaml";
    "trigger-preview-key" ("tr_preview_" Alphanumeric[20..=64]) from page "https://github.com/triggerdotdev/trigger.dev/blob/main/apps/webapp/app/utils/apiKeys.ts";
    "trigger-production-key" ("tr_prod_" Alphanumeric[20..=64]) from page "https://github.com/triggerdotdev/trigger.dev/blob/main/apps/webapp/app/utils/apiKeys.ts";
    "trigger-staging-key" ("tr_stg_" Alphanumeric[20..=64]) from page "https://github.com/triggerdotdev/trigger.dev/blob/main/apps/webapp/app/utils/apiKeys.ts";
    "trufflehog-enterprise-key" ("thog-key-" LowerHex[16]) from trufflehog "trufflehogenterprise";
    "trufflehog-enterprise-secret" ("thog-secret-" LowerHex[32]) from trufflehog "trufflehogenterprise";
    "twilio-api-key" ("SK" Hex[32]) from gitleaks;
    "twitch-chat-token" ("oauth:" LowerDigits[30]) from gitleaks;
    "twitter-bearer-token" ("AAAAAAAAAAAAAAAAAAAAA" And("%")[60..=120]) from titus "twitter";
    "typeform-access-token" ("tfp_" And("-_.=")[55..=65]) from gitleaks;
    "ubidots-token" ("BBFF-" Alphanumeric[30..=40]) from trufflehog "ubidots";
    "ubidots-token-us" ("BBUS-" Alphanumeric[30..=40]) from page "https://docs.ubidots.com/reference/authentication";
    "unkey-root-key" ("unkey_" Alphanumeric[20..=40]) from betterleaks;
    "upcloud-api-token" ("ucat_" Alphanumeric[24..=32]) from betterleaks;
    "val-town-api-token" ("vtwn_" Alphanumeric[20..=80]) from betterleaks;
    "vantage-api-token" ("vntg_tkn_" LowerHex[40]) from page "https://docs.vantage.sh/api_authentication";
    "vault-batch-token" ("hvb." Base64Url[100..]) from trufflehog "hashicorpvault/hashicorpvaultbatchtoken";
    "vault-recovery-token" ("hvr." Base64Url[20..]) from noseyparker "hashicorp";
    "vault-service-token" ("hvs." Base64Url[20..]) from osv_scalibr "hashicorpvault";
    "vault-service-token-legacy" ("s." Alphanumeric[24]) from gitleaks;
    "vercel-ai-gateway-key" ("vck_" Base64Url[24..=64]) checksum CRC32_BASE62 from betterleaks;
    "vercel-app-access-token" ("vca_" Base64Url[24..=64]) checksum CRC32_BASE62 from betterleaks;
    "vercel-app-refresh-token" ("vcr_" Base64Url[24..=64]) checksum CRC32_BASE62 from betterleaks;
    "vercel-blob-token" ("vercel_blob_rw_" Alphanumeric[16] "_" Alphanumeric[30]) from page "https://vercel.com/docs/vercel-blob/using-blob-sdk";
    "vercel-integration-token" ("vci_" Base64Url[24..=64]) checksum CRC32_BASE62 from betterleaks;
    "vercel-personal-access-token" ("vcp_" Base64Url[24..=64]) checksum CRC32_BASE62 from betterleaks;
    "vk-access-token" ("vk1.a." Base64Url[80..]) from page "https://dev.vk.com/en/api/access-token/getting-started";
    "voiceflow-api-key" ("VF." Hex[24] "." Alphanumeric[16]) from trufflehog "voiceflow";
    "voiceflow-dialog-manager-key" ("VF.DM." Hex[24] "." Alphanumeric[16]) from trufflehog "voiceflow";
    "voiceflow-workspace-key" ("VF.WS." Hex[24] "." Alphanumeric[16]) from trufflehog "voiceflow";
    "volcengine-access-key" ("AKLT" Base64Url[20..=64]) from github;
    "voyage-api-key" ("pa-" Base64Url[43]) from titus "voyageai";
    "voyage-atlas-api-key" ("al-" Base64Url[43]) from page "https://www.mongodb.com/docs/voyageai/management/api-keys/";
    "wakatime-api-key" ("waka_" Dashed[36..=64]) from titus "wakatime";
    "weights-and-biases-api-key" ("wandb_v1_" Word[60..=90]) from betterleaks;
    "wompi-production-private-key" ("prv_prod_" Alphanumeric[30..=40]) from page "https://docs.wompi.co/en/docs/panama/ambientes-y-llaves/";
    "wompi-test-private-key" ("prv_test_" Alphanumeric[30..=40]) from page "https://docs.wompi.co/en/docs/panama/ambientes-y-llaves/";
    "woocommerce-consumer-key" ("ck_" LowerHex[40]) from page "https://github.com/woocommerce/woocommerce-rest-api-docs/blob/trunk/source/includes/wp-api-v3/_authentication.md";
    "woocommerce-consumer-secret" ("cs_" LowerHex[40]) from page "https://github.com/woocommerce/woocommerce-rest-api-docs/blob/trunk/source/includes/wp-api-v3/_authentication.md";
    "workos-live-key" ("sk_live_a2V5" Base64[60..]) from betterleaks;
    "workos-test-key" ("sk_test_a2V5" Base64[60..]) from github;
    "xai-api-key" ("xai-" Base64Url[70..=120]) from titus "xAI";
    "xata-api-key" ("xau_" Alphanumeric[32..=48]) from page "https://github.com/xataio/client-ts/blob/main/packages/cli/src/commands/init/index.ts";
    "xendit-development-key" ("xnd_development_" Alphanumeric[50..=80]) from page "https://github.com/xendit/xendit-node/blob/master/index.ts";
    "xendit-production-key" ("xnd_production_" Alphanumeric[50..=80]) from page "https://github.com/xendit/xendit-node/blob/master/index.ts";
    "yandex-api-key" ("AQVN" Base64Url[35..=38]) from gitleaks;
    "yandex-iam-token" ("t1." And("-_=")[1..] "." And("-_=")[86..=88]) from gitleaks;
    "yandex-oauth-token" ("y0_Ag" Base64Url[48..=80]) from github;
    "yandex-oauth-token-2" ("y0__" Base64Url[48..=80]) from github;
    "yandex-static-key" ("YC" Base64Url[38]) from gitleaks;
    "zoho-oauth-token" ("1000." LowerHex[32] "." LowerHex[32]) from trufflehog "zohocrm";
    "zoho-zapi-key" ("1001." LowerHex[32] "." LowerHex[32]) from page "https://www.zoho.com/developer/help/extensions/rest-api.html";
    "zoho-zapi-key-short" ("1003." LowerHex[32..=64]) from page "https://www.zoho.com/developer/help/extensions/rest-api.html";
    "zuplo-api-key" ("zpka_" LowerDigits[32] "_" LowerHex[8]) from titus "zuplo";
}

#[cfg(test)]
mod tests {
    use super::{SOURCES, TOKENS};
    use crate::rules::examples::{Examples, examples};
    use crate::rules::format::Alphabet::Around;
    use crate::rules::format::TokenFormat;
    use crate::{Redactor, checksum};

    fn rows() -> impl Iterator<Item = (&'static TokenFormat, &'static Examples)> {
        TOKENS.iter().map(|row| {
            let examples = examples().iter().find(|examples| examples.id == row.id);
            (row, examples.unwrap())
        })
    }

    #[test]
    fn rows_are_sorted_by_id_and_no_id_is_there_twice() {
        for two in TOKENS.windows(2) {
            assert!(two[0].id < two[1].id, "{} stands before {}", two[0].id, two[1].id);
        }
    }

    #[test]
    fn each_row_has_a_source() {
        for (id, source) in SOURCES {
            let is_address =
                source.starts_with("https://") && !source.contains(char::is_whitespace);
            assert!(is_address, "{id}: {source}");
        }
    }

    #[test]
    fn each_row_has_examples_that_begin_with_its_prefix() {
        for (row, examples) in rows() {
            assert!(
                !examples.secret.is_empty() && !examples.benign.is_empty(),
                "{} has no example",
                row.id
            );
            for secret in &examples.secret {
                let is_around = matches!(row.alphabet, Around(..)) && secret.contains(row.prefix);
                assert!(secret.starts_with(row.prefix) || is_around, "{}: {secret}", row.id);
            }
        }
    }

    #[test]
    fn the_examples_are_found_or_stay_in_a_sentence() {
        let redactor = Redactor::new();
        for (row, examples) in rows() {
            for secret in &examples.secret {
                let end = &secret[secret.len().saturating_sub(8)..];
                for text in [
                    format!("cannot use {secret}."),
                    format!("'{secret}' was refused"),
                    format!("https://h.example.com/x?t={secret}&n=1"),
                ] {
                    let redacted = redactor.redact(&text);
                    assert!(!redacted.contains(end), "{}: {redacted}", row.id);
                }
            }
            for benign in &examples.benign {
                let text = format!("cannot use '{benign}'");
                assert_eq!(redactor.redact(&text), text, "{}", row.id);
            }
        }
    }

    #[test]
    fn the_examples_of_a_row_with_a_checksum_have_a_right_one() {
        let mut checked = 0;
        for (row, examples) in rows() {
            let Some(checksum) = row.checksum else {
                continue;
            };
            for secret in &examples.secret {
                let body = &secret[row.prefix.len()..];
                let right = checksum::right_digits(checksum, row.prefix, body).unwrap_or_default();
                assert!(
                    body.as_bytes().ends_with(&right) && !right.is_empty(),
                    "{}: {secret} has to end with {}",
                    row.id,
                    right.escape_ascii()
                );
                checked += 1;
            }
        }
        assert!(checked > 20, "{checked} checksums");
    }
}
