//! The formats of vendors' tokens.

use std::sync::LazyLock;

use crate::rules::format::{self, Body, Length, Part, Shape, TokenFormat};
use crate::rules::list::{WordList, words};

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

/// Lists the parts of a token, which are texts and runs of alphabets, such as `HEX[24] "-" HEX[34]`.
macro_rules! parts {
    ($($first:literal)? $($alphabet:ident [$($length:tt)+] $($text:literal)?)*) => {
        &[
            $(Part::Text($first),)?
            $(
                Part::Run((format::$alphabet, length!($($length)+))),
                $(Part::Text($text),)?
            )*
        ]
    };
}

const UUID: &[Part] =
    parts!(LOWER_HEX[8] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[12]);

/// A random UUID.
const UUID_V4: &[Part] =
    parts!(LOWER_HEX[8] "-" LOWER_HEX[4] "-4" LOWER_HEX[3] "-" LOWER_HEX[4] "-" LOWER_HEX[12]);

/// GitLab's routable tokens: the payload, the version, the length of the payload, and the checksum.
const GITLAB_ROUTABLE: &[Part] =
    parts!(BASE64_URL[27..=300] "." LOWER_DIGITS[2] "." LOWER_DIGITS[9]);

/// The first version of GitLab's routable tokens.
const GITLAB_UNVERSIONED: &[Part] = parts!(BASE64_URL[27..=300] "." LOWER_DIGITS[9]);

/// Authress: the service client, the key, the account and the secret, with dots between them.
const AUTHRESS: &[Part] = parts!(ALPHANUMERIC[5..=30] "." ALPHANUMERIC[4..=6] ".acc" BASE64_URL[11..=40] "." BASE64_OF_BOTH[30..=120]);

/// The parts of a token after its prefix. With a `_` for the prefix, it is in the middle of the token.
macro_rules! shape {
    ($parts:ident) => {
        (Body::Parts($parts), Length::AtLeast(0))
    };
    ($alphabet:ident [$($length:tt)+]) => {
        (Body::Run(format::$alphabet), length!($($length)+))
    };
    ($before:ident [$($length:tt)+] _ $($part:tt)*) => {
        (Body::Around(&(format::$before, length!($($length)+)), parts!($($part)*)), Length::AtLeast(0))
    };
    ($($part:tt)+) => {
        (Body::Parts(parts!($($part)+)), Length::AtLeast(0))
    };
}

macro_rules! tokens {
    ($(
        $id:literal $prefix:literal ($($shape:tt)+)
    )*) => {
        /// One row for each documented format, sorted by id. The order has no effect on the match that wins, see
        /// `vendor::best`.
        ///
        /// Where sources differ about the length, a row accepts every documented length. With a prefix of two or three
        /// bytes, a row has an exact length, several parts or at least 80 bytes, because words begin like this, too.
        pub(crate) static TOKENS: LazyLock<Vec<TokenFormat>> = LazyLock::new(|| {
            let mut texts = TEXTS.iter();
            let format = |&(body, length): &Shape| {
                let id = texts.next()?;
                let prefix = texts.next()?;
                Some(TokenFormat { id, prefix, body, length })
            };
            SHAPES.iter().filter_map(format).collect()
        });

        /// The id and the prefix of each row.
        static TEXTS: WordList = words!(concat!($($id, ", ", $prefix, ", "),*));

        static SHAPES: &[Shape] = &[$(shape!($($shape)+)),*];
    };
}

#[rustfmt::skip]
tokens! {
    "1password-secret-key" "A3-" (UPPER_DIGITS[6] "-" UPPER_DIGITS[11] "-" UPPER_DIGITS[5] "-" UPPER_DIGITS[5] "-" UPPER_DIGITS[5])
    "1password-secret-key-long" "A3-" (UPPER_DIGITS[6] "-" UPPER_DIGITS[6] "-" UPPER_DIGITS[5] "-" UPPER_DIGITS[5] "-" UPPER_DIGITS[5] "-" UPPER_DIGITS[5])
    "1password-service-account-token" "ops_eyJ" (BASE64[250..])
    "adafruit-io-key" "aio_" (ALPHANUMERIC[28])
    "adobe-client-secret" "p8e-" (BASE64_URL[32])
    "adyen-api-key" "AQE" (BASE64_OF_BOTH[80..])
    "aftership-api-key" "asat_" (LOWER_HEX[32])
    "age-secret-key" "AGE-SECRET-KEY-1" (UPPER_DIGITS[58])
    "age-secret-key-post-quantum" "AGE-SECRET-KEY-PQ-1" (UPPER_DIGITS[58..])
    "aikido-ci-token" "AIK_CI_" (ALPHANUMERIC[20..=44])
    "aikido-client-secret" "AIK_SECRET_" (ALPHANUMERIC[64])
    "airtable-personal-access-token" "pat" (ALPHANUMERIC[14] "." LOWER_HEX[64])
    "aiven-service-password" "AVNS_" (BASE64_URL[19])
    "akamai-edgegrid-token" "akab-" (LOWER_DIGITS[16] "-" LOWER_DIGITS[16])
    "alibaba-access-key" "LTAI" (ALPHANUMERIC[12..=20])
    "alibaba-sts-access-key" "STS." (ALPHANUMERIC[20..=64])
    "amazon-login-client-secret" "amzn1.oa2-cs.v1." (LOWER_HEX[64])
    "amazon-marketplace-token" "amzn.mws." (UUID)
    "anthropic-admin-key" "sk-ant-admin01-" (BASE64_URL[80..])
    "anthropic-api-key" "sk-ant-api03-" (BASE64_URL[80..])
    "anthropic-compliance-key" "sk-ant-api01-" (BASE64_URL[80..])
    "anthropic-oauth-access-token" "sk-ant-oat01-" (BASE64_URL[80..])
    "anthropic-oauth-refresh-token" "sk-ant-ort01-" (BASE64_URL[80..])
    "anthropic-session-key" "sk-ant-sid01-" (BASE64_URL[80..])
    "anthropic-session-key-2" "sk-ant-sid02-" (BASE64_URL[80..])
    "apify-api-token" "apify_api_" (ALPHANUMERIC[34..=38])
    "apify-proxy-password" "apify_proxy_" (ALPHANUMERIC[34..=38])
    "apify-ui-token" "apify_ui_" (ALPHANUMERIC[34..=38])
    "arcjet-key" "ajkey_" (LOWER_DIGITS[20..=40])
    "artifactory-api-key" "AKCp" (ALPHANUMERIC[68..=70])
    "artifactory-reference-token" "cmVmd" (ALPHANUMERIC[59])
    "asaas-api-key" "$aact_" (URI[40..])
    "asana-access-token" "1/" (DIGITS[14..=17] ":" LOWER_HEX[32])
    "asana-access-token-2" "2/" (DIGITS[14..=17] "/" DIGITS[14..=17] ":" LOWER_HEX[32])
    "atlassian-access-token" "ATCTT3" (BASE64_URL_PADDED[60..=260])
    "atlassian-api-token" "ATATT3" (BASE64_URL_PADDED[60..=260])
    "atlassian-bitbucket-app-password" "ATBB" (ALPHANUMERIC[32])
    "atlassian-hash" "{PKCS5S2}" (CRYPT[20..])
    "atlassian-oauth-client-secret" "ATOA" (BASE64_URL_PADDED[60..])
    "authress-access-key" "authress_" (AUTHRESS)
    "authress-access-key-ext" "ext_" (AUTHRESS)
    "authress-access-key-sc" "sc_" (AUTHRESS)
    "authress-access-key-scauth" "scauth_" (AUTHRESS)
    "aws-access-key-a3t" "A3T" (UPPER_DIGITS[17])
    "aws-access-key-abia" "ABIA" (UPPER_DIGITS[16])
    "aws-access-key-acca" "ACCA" (UPPER_DIGITS[16])
    "aws-access-key-akia" "AKIA" (UPPER_DIGITS[16])
    "aws-access-key-asia" "ASIA" (UPPER_DIGITS[16])
    "aws-bedrock-api-key" "ABSK" (BASE64[109..=269])
    "aws-bedrock-short-term-api-key" "bedrock-api-key-" (BASE64[100..])
    "aws-session-token" "IQoJb3JpZ2luX2Vj" (BASE64[100..])
    "aws-session-token-fwo" "FwoGZXIvYXdz" (BASE64[100..])
    "axiom-api-token" "xaat-" (UUID)
    "axiom-personal-token" "xapt-" (UUID)
    "azure-client-secret" "8Q~" (TILDES[3] _ UNRESERVED[31..=34])
    "azure-client-secret-7" "7Q~" (TILDES[3] _ UNRESERVED[31..=34])
    "backblaze-application-key" "K00" (BASE64_UNPADDED[28])
    "baidu-access-key" "ALTAK" (ALPHANUMERIC[21])
    "bcrypt-hash-2a" "$2a$" (CRYPT[20..])
    "bcrypt-hash-2b" "$2b$" (CRYPT[20..])
    "bcrypt-hash-2y" "$2y$" (CRYPT[20..])
    "beamer-api-key" "b_" (BASE64_URL_PADDED[44])
    "bitcoin-extended-private-key" "xprv" (ALPHANUMERIC[107])
    "bitcoin-extended-private-key-testnet" "tprv" (ALPHANUMERIC[107])
    "bitcoin-extended-private-key-y" "yprv" (ALPHANUMERIC[107])
    "bitcoin-extended-private-key-z" "zprv" (ALPHANUMERIC[107])
    "bitrise-workspace-token" "bitwat_" (BASE64_URL[40..])
    "bitwarden-secrets-manager-token" "0." (LOWER_HEX[8] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[12] "." ALPHANUMERIC[30] ":" BASE64[24])
    "block-protocol-api-key" "b10ck5." (ALPHANUMERIC[32] "." ALPHANUMERIC[36])
    "blockfrost-mainnet-project" "mainnet" (ALPHANUMERIC[32])
    "blockfrost-preprod-project" "preprod" (ALPHANUMERIC[32])
    "brave-search-api-key" "BSA" (BASE64_URL[28])
    "brevo-api-key" "xkeysib-" (LOWER_HEX[64] "-" ALPHANUMERIC[16])
    "brevo-smtp-key" "xsmtpsib-" (LOWER_HEX[64] "-" ALPHANUMERIC[16])
    "brex-user-token" "bxt_" (ALPHANUMERIC[32..])
    "browserbase-api-key" "bb_live_" (BASE64_URL[24..])
    "builder-private-key" "bpk-" (LOWER_HEX[32])
    "buildkite-agent-access-token" "bkaa_" (BASE64_URL[75])
    "buildkite-agent-job-token" "bkaj_" (BASE64_URL[200..])
    "buildkite-agent-registration-token" "bkar_" (BASE64_URL[73])
    "buildkite-api-token" "bkua_" (LOWER_DIGITS[40..=53])
    "buildkite-cluster-token" "bkct_" (BASE64_URL[73])
    "buildkite-packages-token" "bkpt_" (BASE64_URL[100..])
    "buildkite-portal-secret" "bkps_" (BASE64_URL[64])
    "buildkite-portal-token" "bkpat_" (BASE64_URL[54])
    "cal-com-api-key" "cal_live_" (LOWER_HEX[32])
    "canva-client-secret" "cnvca" (BASE64_URL[51])
    "cartesia-api-key" "sk_car_" (WORD[20..=30])
    "cashfree-client-secret" "cfsk_ma_prod_" (LOWER_HEX[32] "_" LOWER_HEX[8])
    "cerebras-api-key" "csk-" (LOWER_DIGITS[48])
    "cfx-server-key" "cfxk_" (WORD[20..])
    "chargebee-api-key" "live_" (ALPHANUMERIC[32..=34])
    "checkly-api-key" "cu_" (LOWER_HEX[32])
    "checkout-secret-key" "sk_" (UUID)
    "chief-tools-access-token" "cto_" (ALPHANUMERIC[30..=248])
    "chief-tools-personal-access-token" "ctp_" (ALPHANUMERIC[30..=248])
    "chief-tools-refresh-token" "ctr_" (ALPHANUMERIC[30..=248])
    "chromatic-project-token" "chpt_" (LOWER_DIGITS[12..=20])
    "circleci-personal-token" "CCIPAT_" (ALPHANUMERIC[20..=24] "_" LOWER_HEX[40])
    "circleci-project-token" "CCIPRJ_" (ALPHANUMERIC[20..=24] "_" LOWER_HEX[40])
    "clearbit-api-key" "sk_" (LOWER_HEX[32])
    "clickhouse-cloud-api-secret" "4b1d" (ALPHANUMERIC[38])
    "clickup-personal-token" "pk_" (DIGITS[7..=9] "_" UPPER_DIGITS[32])
    "clojars-deploy-token" "CLOJARS_" (LOWER_DIGITS[60])
    "close-api-key" "api_" (ALPHANUMERIC[22] "." ALPHANUMERIC[22])
    "cloudflare-account-token" "cfat_" (ALPHANUMERIC[48])
    "cloudflare-global-api-key" "cfk_" (ALPHANUMERIC[48])
    "cloudflare-origin-ca-key" "v1.0-" (LOWER_HEX[24] "-" LOWER_HEX[146])
    "cloudflare-turnstile-secret" "0x4AAAAAA" (BASE64_URL[26])
    "cloudflare-user-token" "cfut_" (ALPHANUMERIC[48])
    "cloudsmith-api-key" "csa_" (ALPHANUMERIC[36])
    "cockroach-cloud-api-key" "CCDB1_" (ALPHANUMERIC[22] "_" ALPHANUMERIC[40])
    "codesandbox-api-token" "csb_v1_" (BASE64_URL[40..])
    "coingecko-api-key" "CG-" (ALPHANUMERIC[24])
    "configcat-sdk-key" "configcat-sdk-1/" (BASE64_URL[22] "/" BASE64_URL[22])
    "confluent-cloud-api-secret" "cflt" (BASE64_UNPADDED[60])
    "contentful-personal-access-token" "CFPAT-" (BASE64_URL[43])
    "coralogix-personal-key" "cxup_" (ALPHANUMERIC[28..=36])
    "coralogix-team-key" "cxtp_" (ALPHANUMERIC[28..=36])
    "couchdb-hash-pbkdf2" "-pbkdf2-" (LOWER_HEX[40] "," LOWER_HEX[32])
    "courier-api-key" "pk_prod_" (UPPER_DIGITS[28])
    "covalent-api-key" "cqt_" (ALPHANUMERIC[24..=36])
    "covalent-legacy-key" "ckey_" (LOWER_HEX[26..=28])
    "coze-personal-token" "pat_" (ALPHANUMERIC[64])
    "crates-io-token" "cio" (ALPHANUMERIC[32])
    "crossmint-server-key" "sk_production_" (ALPHANUMERIC[60..])
    "crossmint-server-key-staging" "sk_staging_" (ALPHANUMERIC[60..])
    "crypt-hash-apr1" "$apr1$" (CRYPT[20..])
    "crypt-hash-argon2" "$argon2id$" (CRYPT[20..])
    "crypt-hash-argon2i" "$argon2i$" (CRYPT[20..])
    "crypt-hash-authme" "$SHA$" (CRYPT[20..])
    "crypt-hash-cisco-8" "$8$" (CRYPT[20..])
    "crypt-hash-cisco-9" "$9$" (CRYPT[20..])
    "crypt-hash-drupal" "$S$" (CRYPT[20..])
    "crypt-hash-md5" "$1$" (CRYPT[20..])
    "crypt-hash-pbkdf2-sha256" "$pbkdf2-sha256$" (CRYPT[20..])
    "crypt-hash-pbkdf2-sha512" "$pbkdf2-sha512$" (CRYPT[20..])
    "crypt-hash-phpass" "$P$" (CRYPT[20..])
    "crypt-hash-sha256" "$5$" (CRYPT[20..])
    "crypt-hash-sha512" "$6$" (CRYPT[20..])
    "crypt-hash-yescrypt" "$y$" (CRYPT[20..])
    "cursor-api-key" "key_" (LOWER_HEX[64])
    "cursor-user-key" "crsr_" (LOWER_HEX[64])
    "databento-api-key" "db-" (ALPHANUMERIC[29])
    "databricks-api-token" "dapi" (LOWER_HEX[32])
    "databricks-api-token-numbered" "dapi" (LOWER_HEX[32] "-" DIGITS[1..=2])
    "databricks-oauth-secret" "dose" (LOWER_HEX[32])
    "databricks-oauth-token" "dkea" (LOWER_HEX[32])
    "datadog-application-key" "ddapp_" (ALPHANUMERIC[30..=40])
    "datastax-astra-token" "AstraCS:" (ALPHANUMERIC[20..=40] ":" LOWER_HEX[64])
    "daytona-api-key" "dtn_" (LOWER_HEX[64])
    "dbt-cloud-service-token" "dbtc_" (BASE64_URL[30..])
    "dbt-cloud-user-token" "dbtu_" (BASE64_URL[30..])
    "deepseek-api-key" "sk-" (LOWER_HEX[32])
    "defined-networking-api-token" "dnkey-" (BASE64_URL_PADDED[79])
    "deno-organization-token" "ddo_" (ALPHANUMERIC[36])
    "deno-personal-token" "ddp_" (ALPHANUMERIC[36])
    "dependency-track-api-key" "odt_" (ALPHANUMERIC[32..])
    "dependency-track-api-key-2" "odt_" (ALPHANUMERIC[8] "_" ALPHANUMERIC[32..])
    "devcycle-server-key" "dvc_server_" (WORD[20..=60])
    "devin-personal-api-key" "apk_user_" (BASE64[80..])
    "devin-service-api-key" "apk_" (BASE64[80..])
    "devin-service-user-token" "cog_" (LOWER_DIGITS[52])
    "digitalocean-oauth-token" "doo_v1_" (LOWER_HEX[64])
    "digitalocean-personal-access-token" "dop_v1_" (LOWER_HEX[64])
    "digitalocean-refresh-token" "dor_v1_" (LOWER_HEX[64])
    "digitalocean-spaces-key" "DO00" (UPPER_DIGITS[16])
    "dingtalk-robot-secret" "SEC" (LOWER_HEX[64])
    "discord-mfa-token" "mfa." (BASE64_URL[84])
    "django-hash-pbkdf2" "pbkdf2_sha256$" (CRYPT[20..])
    "dnsimple-account-token" "dnsimple_a_" (ALPHANUMERIC[24..=64])
    "dnsimple-user-token" "dnsimple_u_" (ALPHANUMERIC[24..=64])
    "docker-organization-access-token" "dckr_oat_" (BASE64_URL[27..=32])
    "docker-personal-access-token" "dckr_pat_" (BASE64_URL[24..=36])
    "docker-swarm-join-token" "SWMTKN-1-" (LOWER_DIGITS[48..=60] "-" LOWER_DIGITS[24..=30])
    "docker-swarm-unlock-key" "SWMKEY-1-" (BASE64_UNPADDED[40..=50])
    "doppler-audit-token" "dp.audit." (ALPHANUMERIC[40..=44])
    "doppler-cli-token" "dp.ct." (ALPHANUMERIC[40..=44])
    "doppler-personal-token" "dp.pt." (ALPHANUMERIC[40..=44])
    "doppler-scim-token" "dp.scim." (ALPHANUMERIC[40..=44])
    "doppler-service-account-token" "dp.sa." (ALPHANUMERIC[40..=44])
    "doppler-service-token" "dp.st." (BASE64_URL[2..=35] "." ALPHANUMERIC[40..=44])
    "doppler-service-token-plain" "dp.st." (ALPHANUMERIC[40..=44])
    "dropbox-short-lived-token" "sl." (DOTTED_PADDED[120..])
    "duffel-live-token" "duffel_live_" (BASE64_URL_PADDED[43])
    "dvc-studio-token" "isat_" (ALPHANUMERIC[30..])
    "dynatrace-activegate-token" "dt0g02." (ALPHANUMERIC[8..=24] "." ALPHANUMERIC[64])
    "dynatrace-api-token" "dt0c01." (ALPHANUMERIC[8..=24] "." ALPHANUMERIC[64])
    "dynatrace-oauth-client-secret" "dt0s01." (ALPHANUMERIC[8..=24] "." ALPHANUMERIC[64])
    "dynatrace-oauth-client-secret-2" "dt0s02." (ALPHANUMERIC[8..=24] "." ALPHANUMERIC[64])
    "dynatrace-platform-token" "dt0s16." (ALPHANUMERIC[8..=24] "." ALPHANUMERIC[64])
    "e2b-api-key" "e2b_" (LOWER_HEX[40])
    "easypost-api-key" "EZAK" (ALPHANUMERIC[54])
    "ebay-production-secret" "PRD-" (LOWER_HEX[8..=12] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4..=12])
    "elastic-cloud-api-key" "essu_" (BASE64_URL_PADDED[60..=200])
    "elevenlabs-api-key" "sk_" (LOWER_HEX[48])
    "endor-api-key" "endr+" (DASHED[16])
    "exoscale-api-key" "EXO" (ALPHANUMERIC[24])
    "facebook-access-token" "EAA" (ALPHANUMERIC[80..])
    "figma-personal-access-token" "figd_" (BASE64_URL[38..=44])
    "firebase-server-key" "AAAA" (BASE64_URL[7] ":APA91b" BASE64_URL[120..])
    "firecrawl-api-key" "fc-" (LOWER_HEX[32])
    "firehydrant-bot-token" "fhb-" (LOWER_HEX[32])
    "fireworks-api-key" "fw_" (ALPHANUMERIC[24])
    "fireworks-api-key-short" "fw_" (ALPHANUMERIC[22])
    "flagsmith-server-key" "ser." (ALPHANUMERIC[22])
    "fleetbase-live-key" "flb_live_" (ALPHANUMERIC[20..=40])
    "flutterwave-public-key" "FLWPUBK-" (ALPHANUMERIC[32] "-X")
    "flutterwave-secret-key" "FLWSECK-" (ALPHANUMERIC[32] "-X")
    "fly-macaroon-2" "fm2_" (BASE64[80..])
    "fly-macaroon-a" "fm1a_" (BASE64[80..])
    "fly-macaroon-r" "fm1r_" (BASE64[80..])
    "fly-oauth-token" "fo1_" (BASE64_URL[43])
    "frame-io-developer-token" "fio-u-" (BASE64_URL_PADDED[64])
    "fullstory-api-key-eu" "eu1." (BASE64[48..])
    "fullstory-api-key-na" "na1." (BASE64[48..])
    "gc-notify-api-key" "gcntfy-" (BASE64_URL[74..=200])
    "gitbook-api-token" "gb_api_" (ALPHANUMERIC[36..=44])
    "github-app-installation-token" "ghs_" (ALPHANUMERIC[36])
    "github-app-installation-token-stateless" "ghs_" (DIGITS[1..=20] "_eyJ" BASE64_URL[20..] "." BASE64_URL[20..] "." BASE64_URL[20..])
    "github-app-refresh-token" "ghr_" (ALPHANUMERIC[36..=76])
    "github-app-user-token" "ghu_" (ALPHANUMERIC[36])
    "github-fine-grained-token" "github_pat_" (ALPHANUMERIC[22] "_" ALPHANUMERIC[59..=221])
    "github-oauth-token" "gho_" (ALPHANUMERIC[36])
    "github-personal-access-token" "ghp_" (ALPHANUMERIC[36])
    "gitlab-agent-token" "glagent-" (BASE64_URL[50..=64])
    "gitlab-ci-job-token" "glcbt-" (ALPHANUMERIC[1..=5] "_" BASE64_URL[20])
    "gitlab-deploy-token" "gldt-" (BASE64_URL[20])
    "gitlab-deploy-token-routable" "gldt-" (GITLAB_ROUTABLE)
    "gitlab-feature-flags-token" "glffct-" (BASE64_URL[20])
    "gitlab-feed-token" "glft-" (BASE64_URL[20])
    "gitlab-feed-token-path" "glft-" (LOWER_HEX[64] "-" DIGITS[1..=20])
    "gitlab-incoming-mail-token" "glimt-" (BASE64_URL[25])
    "gitlab-oauth-application-secret" "gloas-" (BASE64_URL[64])
    "gitlab-personal-access-token" "glpat-" (BASE64_URL[20])
    "gitlab-personal-access-token-routable" "glpat-" (GITLAB_ROUTABLE)
    "gitlab-personal-access-token-unversioned" "glpat-" (GITLAB_UNVERSIONED)
    "gitlab-pipeline-trigger-token" "glptt-" (LOWER_HEX[40])
    "gitlab-runner-registered-token" "glrtr-" (BASE64_URL[20])
    "gitlab-runner-registered-token-routable" "glrtr-" (GITLAB_ROUTABLE)
    "gitlab-runner-registration-token" "GR1348941" (BASE64_URL[20])
    "gitlab-runner-token" "glrt-" (BASE64_URL[20])
    "gitlab-runner-token-partitioned" "glrt-" ("t" DIGITS[1] "_" BASE64_URL[20])
    "gitlab-runner-token-routable" "glrt-" (GITLAB_ROUTABLE)
    "gitlab-runner-token-unversioned" "glrt-" (GITLAB_UNVERSIONED)
    "gitlab-scim-token" "glsoat-" (BASE64_URL[20])
    "gitlab-workspace-token" "glwt-" (BASE64_URL[20..])
    "gitpod-personal-access-token" "gitpod_pat_" (DOTTED[40..])
    "gocardless-live-token" "live_" (BASE64_URL_PADDED[40])
    "google-api-key" "AIza" (BASE64_URL[35])
    "google-cloud-storage-hmac-key" "GOOG1E" (UPPER_DIGITS[57])
    "google-gemini-key" "AQ.Ab8" (BASE64_URL[44..=56])
    "google-oauth-access-token" "ya29." (BASE64_URL[60..])
    "google-oauth-client-secret" "GOCSPX-" (BASE64_URL[28])
    "google-oauth-refresh-token" "1//0" (BASE64_URL[40..=220])
    "grafana-api-key" "eyJrIjoi" (BASE64[40..=400])
    "grafana-cloud-token" "glc_" (BASE64[32..])
    "grafana-service-account-token" "glsa_" (ALPHANUMERIC[32] "_" LOWER_HEX[8])
    "groq-api-key" "gsk_" (ALPHANUMERIC[52])
    "harness-personal-access-token" "pat." (BASE64_URL[22] "." LOWER_HEX[24] "." ALPHANUMERIC[20])
    "harness-service-account-token" "sat." (BASE64_URL[22] "." LOWER_HEX[24] "." ALPHANUMERIC[20])
    "headscale-api-key" "hskey-api-" (BASE64_URL[40..])
    "headscale-auth-key" "hskey-auth-" (BASE64_URL[40..])
    "helicone-api-key" "sk-helicone-" (DASHED[24..])
    "heroku-api-key" "HRKU-AA" (BASE64_URL[58])
    "heroku-api-key-uuid" "HRKU-" (UUID)
    "hex-personal-token" "hxtp_" (ALPHANUMERIC[40..])
    "hex-workspace-token" "hxtw_" (ALPHANUMERIC[40..])
    "honeycomb-classic-ingest-key" "hcaic_" (LOWER_DIGITS[26..=58])
    "honeycomb-ingest-key" "hcaik_" (LOWER_DIGITS[26..=58])
    "honeycomb-ingest-key-x" "hcxik_" (LOWER_DIGITS[26..=58])
    "hubspot-private-app-token" "pat-" (LOWER_DIGITS[2..=4] "-" LOWER_HEX[8] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[12])
    "huggingface-access-token" "hf_" (ALPHANUMERIC[34])
    "huggingface-organization-token" "api_org_" (ALPHANUMERIC[34])
    "imagekit-private-key" "private_" (BASE64[28])
    "infisical-service-token" "st." (LOWER_HEX[24] "." LOWER_HEX[30..=64] "." LOWER_HEX[30..=64])
    "infracost-api-key" "ico-" (ALPHANUMERIC[32])
    "inngest-api-key" "sk-inn-api-" (BASE64_URL[20..])
    "inngest-signing-key-branch" "signkey-branch-" (LOWER_HEX[32..=64])
    "inngest-signing-key-prod" "signkey-prod-" (LOWER_HEX[32..=64])
    "inngest-signing-key-staging" "signkey-staging-" (LOWER_HEX[32..=64])
    "instagram-access-token" "IGQV" (BASE64_URL[80..])
    "instagram-login-token" "IGAA" (BASE64_URL[100..])
    "intercom-access-token" "dG9rO" (BASE64[55])
    "intra42-client-secret" "s-s4t2ud-" (HEX[64])
    "intra42-client-secret-af" "s-s4t2af-" (HEX[64])
    "ionic-personal-access-token" "ion_" (ALPHANUMERIC[42])
    "jetbrains-permanent-token" "perm:" (BASE64[4..] "." BASE64[2..] "." ALPHANUMERIC[20..=40])
    "jetbrains-permanent-token-dash" "perm-" (BASE64[4..] "." BASE64[2..] "." ALPHANUMERIC[20..=40])
    "jina-api-key" "jina_" (ALPHANUMERIC[60])
    "jsr-device-token" "jsrd_" (ALPHANUMERIC[24..=80])
    "jsr-personal-token" "jsrp_" (ALPHANUMERIC[24..=80])
    "k3s-server-token" "K10" (LOWER_HEX[64] "::" URI[8..])
    "kaggle-api-token" "KGAT_" (LOWER_HEX[32])
    "klarna-api-key-live" "klarna_live_api_" (BASE64[60..])
    "klaviyo-private-key" "pk_" (LOWER_DIGITS[34])
    "kong-personal-access-token" "kpat_" (ALPHANUMERIC[40..])
    "kong-system-access-token" "spat_" (ALPHANUMERIC[40..])
    "kubernetes-websocket-token" "base64url.bearer.authorization.k8s.io." (BASE64_URL[40..])
    "lambda-cloud-key" "secret_" (DASHED[1..=60] "_" LOWER_HEX[32] "." ALPHANUMERIC[32])
    "langfuse-secret-key" "sk-lf-" (UUID)
    "langsmith-legacy-key" "ls__" (LOWER_HEX[32])
    "langsmith-personal-token" "lsv2_pt_" (LOWER_HEX[32] "_" LOWER_HEX[10])
    "langsmith-service-key" "lsv2_sk_" (LOWER_HEX[32] "_" LOWER_HEX[10])
    "launchdarkly-access-token" "api-" (UUID_V4)
    "launchdarkly-sdk-key" "sdk-" (UUID_V4)
    "ldap-hash-salted-sha" "{SSHA}" (CRYPT[20..])
    "ldap-hash-salted-sha256" "{SSHA256}" (CRYPT[20..])
    "ldap-hash-salted-sha512" "{SSHA512}" (CRYPT[20..])
    "ldap-hash-sha" "{SHA}" (CRYPT[20..])
    "lichess-oauth-token" "lio_" (ALPHANUMERIC[16..=60])
    "lichess-personal-token" "lip_" (ALPHANUMERIC[16..=60])
    "lightdash-personal-access-token" "ldpat_" (ALPHANUMERIC[24..=64])
    "linear-api-key" "lin_api_" (ALPHANUMERIC[40])
    "linear-oauth-token" "lin_oauth_" (ALPHANUMERIC[40..=64])
    "linear-webhook-secret" "lin_wh_" (ALPHANUMERIC[30..=64])
    "linkedin-client-secret" "WPL_AP1." (CRYPT[16..=60])
    "liveblocks-development-key" "sk_dev_" (BASE64_URL[40..])
    "liveblocks-production-key" "sk_prod_" (BASE64_URL[24..])
    "llama-cloud-api-key" "llx-" (ALPHANUMERIC[44..=52])
    "lob-live-key" "live_" (LOWER_HEX[35])
    "lob-live-publishable-key" "live_pub_" (LOWER_HEX[31])
    "locationiq-access-token" "pk." (LOWER_HEX[32])
    "logicmonitor-bearer-token" "lmb_" (BASE64[40..])
    "mailchimp-api-key" "-us" (LOWER_HEX[32] _ DIGITS[1..=2])
    "mailersend-api-token" "mlsn." (ALPHANUMERIC[30..=100])
    "mailgun-private-key" "key-" (LOWER_HEX[32])
    "mailgun-public-key" "pubkey-" (LOWER_HEX[32])
    "mandrill-api-key" "md-" (BASE64_URL[22])
    "mapbox-public-token" "pk.eyJ" (BASE64_URL[20..] "." BASE64_URL[20..=24])
    "mapbox-public-token-short" "pk." (ALPHANUMERIC[60] "." ALPHANUMERIC[22])
    "mapbox-secret-token" "sk.eyJ" (BASE64_URL[20..] "." BASE64_URL[20..=24])
    "mapbox-temporary-token" "tk.eyJ" (BASE64_URL[20..] "." BASE64_URL[20..=24])
    "mapillary-client-token" "MLY|" (DIGITS[10..=20] "|" LOWER_HEX[32])
    "materialize-app-password" "mzp_" (LOWER_HEX[64])
    "matrix-mas-access-token" "mct_" (ALPHANUMERIC[30] "_" ALPHANUMERIC[6])
    "matrix-mas-refresh-token" "mcr_" (ALPHANUMERIC[30] "_" ALPHANUMERIC[6])
    "matrix-synapse-refresh-token" "syr_" (BASE64[2..=200] "_" ALPHANUMERIC[20] "_" ALPHANUMERIC[6])
    "matrix-synapse-token" "syt_" (BASE64[2..=200] "_" ALPHANUMERIC[20] "_" ALPHANUMERIC[6])
    "mem0-api-key" "m0-" (ALPHANUMERIC[40])
    "mercadopago-access-token" "APP_USR-" (DIGITS[12..=20] "-" DIGITS[6] "-" LOWER_HEX[32] "-" DIGITS[5..=12])
    "mercury-production-token" "mercury_production_" (LOWER[3..=6] "_" ALPHANUMERIC[40..=50] "_yrucrem")
    "mergify-application-key" "mergify_application_key_" (BASE64_URL[40..=200])
    "metabase-api-key" "mb_" (BASE64[44])
    "midtrans-server-key" "Mid-server-" (BASE64_URL[16..=32])
    "minimax-api-key" "sk-api-" (BASE64_URL[100..])
    "miro-access-token" "eyJtaXJv" (BASE64_URL[40..=140])
    "modal-token-id" "ak-" (ALPHANUMERIC[22])
    "modal-token-secret" "as-" (ALPHANUMERIC[22])
    "modrinth-personal-access-token" "mrp_" (ALPHANUMERIC[60])
    "mollie-live-key" "live_" (ALPHANUMERIC[30])
    "mongodb-atlas-service-account-secret" "mdb_sa_sk_" (BASE64_URL[40])
    "moonshot-api-key" "sk-" (ALPHANUMERIC[48])
    "n8n-api-key" "n8n_api_" (LOWER_HEX[40..=96])
    "nats-account-seed" "SAA" (UPPER_DIGITS[55])
    "nats-operator-seed" "SOA" (UPPER_DIGITS[55])
    "nats-user-seed" "SUA" (UPPER_DIGITS[55])
    "neon-api-key" "napi_" (ALPHANUMERIC[64])
    "neptune-api-token" "eyJhcGlfYWRkcmVzcyI6" (BASE64[60..])
    "netbird-personal-access-token" "nbp_" (ALPHANUMERIC[36])
    "netlify-build-token" "nfb_" (ALPHANUMERIC[36..=48])
    "netlify-cli-token" "nfc_" (ALPHANUMERIC[36..=48])
    "netlify-oauth-token" "nfo_" (ALPHANUMERIC[36..=48])
    "netlify-personal-token" "nfp_" (ALPHANUMERIC[36..=48])
    "netlify-ui-token" "nfu_" (ALPHANUMERIC[36..=48])
    "nets-live-secret-key" "live-secret-key-" (LOWER_HEX[32])
    "new-relic-admin-key" "NRAA-" (LOWER_HEX[27])
    "new-relic-browser-key" "NRBR-" (LOWER_HEX[19])
    "new-relic-browser-license-key" "NRJS-" (LOWER_HEX[19])
    "new-relic-insert-key" "NRII-" (BASE64_URL[32])
    "new-relic-license-key" "NRAL" (ALPHANUMERIC[36] _)
    "new-relic-pixie-api-key" "px-api-" (UUID)
    "new-relic-pixie-deploy-key" "px-dep-" (UUID)
    "new-relic-query-key" "NRIQ-" (BASE64_URL[32])
    "new-relic-rest-key" "NRRA-" (LOWER_HEX[42])
    "new-relic-synthetics-key" "NRSP-" (LOWER_DIGITS[35..=40])
    "new-relic-user-key" "NRAK-" (ALPHANUMERIC[27])
    "nightfall-api-key" "NF-" (ALPHANUMERIC[32])
    "nostr-private-key" "nsec1" (LOWER_DIGITS[58])
    "notion-integration-token" "ntn_" (ALPHANUMERIC[43..=50])
    "notion-integration-token-legacy" "secret_" (ALPHANUMERIC[43])
    "npm-access-token" "npm_" (ALPHANUMERIC[36])
    "ntfy-access-token" "tk_" (LOWER_DIGITS[29])
    "nuget-api-key" "oy2" (LOWER_DIGITS[43])
    "nvidia-api-key" "nvapi-" (BASE64_URL[60..=70])
    "nylas-api-key" "nyk_" (WORD[40..=80])
    "octopus-deploy-api-key" "API-" (UPPER_DIGITS[25..=32])
    "oculus-access-token" "OC|" (DIGITS[10..=20] "|" ALPHANUMERIC[20..=48])
    "omise-secret-key" "skey_" (LOWER_DIGITS[19])
    "onesignal-app-key" "os_v2_app_" (LOWER_DIGITS[90..=110])
    "onesignal-organization-key" "os_v2_org_" (LOWER_DIGITS[90..=110])
    "onfido-live-token" "api_live." (BASE64_URL[20..=80])
    "onfido-live-token-ca" "api_live_ca." (BASE64_URL[20..=80])
    "onfido-live-token-eu" "api_live_eu." (BASE64_URL[20..=80])
    "onfido-live-token-us" "api_live_us." (BASE64_URL[20..=80])
    "openai-admin-key" "sk-admin-" (BASE64_URL[40..])
    "openai-project-key" "sk-proj-" (BASE64_URL[40..])
    "openai-service-account-key" "sk-svcacct-" (BASE64_URL[40..])
    "openrouter-api-key" "sk-or-v1-" (LOWER_HEX[64])
    "openshift-access-token" "sha256~" (BASE64_URL[43])
    "openvsx-access-token" "ovsxat_" (UUID)
    "openvsx-publish-token" "ovsxp_" (UUID)
    "ory-access-token" "ory_at_" (BASE64_URL[30..])
    "ory-personal-access-token" "ory_pat_" (BASE64_URL[30..])
    "ory-refresh-token" "ory_rt_" (BASE64_URL[30..])
    "ory-session-token" "ory_st_" (BASE64_URL[30..])
    "packagist-api-key" "packagist_ack_" (LOWER_HEX[28..=96])
    "packagist-api-secret" "packagist_acs_" (LOWER_HEX[28..=96])
    "packagist-conductor-update-token" "packagist_cut_" (LOWER_HEX[28..=96])
    "packagist-organization-read-token" "packagist_ort_" (LOWER_HEX[28..=96])
    "packagist-organization-update-token" "packagist_out_" (LOWER_HEX[28..=96])
    "packagist-user-update-token" "packagist_uut_" (LOWER_HEX[28..=96])
    "paddle-live-key" "pdl_live_apikey_" (LOWER_DIGITS[26] "_" ALPHANUMERIC[22] "_" ALPHANUMERIC[3])
    "paddle-notification-secret" "pdl_ntfset_" (LOWER_DIGITS[26] "_" BASE64_UNPADDED[32])
    "pagarme-live-key" "ak_live_" (ALPHANUMERIC[28..=34])
    "pagerduty-oauth-token" "pdus+_" (ALPHANUMERIC[8] "_" LOWER_HEX[8] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[12])
    "pagerduty-user-token" "u+" (PLUS[18])
    "paseto-v2-local" "v2.local." (BASE64_URL[64..])
    "paseto-v2-public" "v2.public." (BASE64_URL[64..])
    "paseto-v4-local" "v4.local." (BASE64_URL[64..])
    "paseto-v4-public" "v4.public." (BASE64_URL[64..])
    "paypal-braintree-production-token" "access_token$production$" (LOWER_DIGITS[16] "$" LOWER_HEX[32])
    "pem-base64-ec" "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW" (BASE64[24..])
    "pem-base64-encrypted" "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV" (BASE64[24..])
    "pem-base64-openssh" "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ" (BASE64[24..])
    "pem-base64-pkcs8" "LS0tLS1CRUdJTiBQUklWQVRFIEtFW" (BASE64[24..])
    "pem-base64-rsa" "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV" (BASE64[24..])
    "perplexity-api-key" "pplx-" (ALPHANUMERIC[48])
    "persona-production-key" "persona_production_" (BASE64_URL[20..=80])
    "pgpool-hash-aes" "AES" (BASE64_UNPADDED[22] "==")
    "phabricator-conduit-certificate" "cli-" (LOWER_DIGITS[28])
    "phabricator-conduit-token" "api-" (LOWER_DIGITS[28])
    "pinecone-api-key" "pcsk_" (ALPHANUMERIC[5..=6] "_" ALPHANUMERIC[63])
    "pinterest-access-token" "pina_" (BASE64_URL[40..=200])
    "pinterest-refresh-token" "pinr_" (BASE64_URL[40..=200])
    "plaid-development-access-token" "access-development-" (UUID)
    "plaid-production-access-token" "access-production-" (UUID)
    "planetscale-oauth-token" "pscale_oauth_" (DOTTED_PADDED[32..=64])
    "planetscale-password" "pscale_pw_" (DOTTED_PADDED[32..=64])
    "planetscale-service-token" "pscale_tkn_" (DOTTED_PADDED[32..=64])
    "polar-access-token" "polar_at_u_" (ALPHANUMERIC[43])
    "polar-authorization-code" "polar_ac_" (ALPHANUMERIC[43])
    "polar-organization-token" "polar_oat_" (ALPHANUMERIC[43])
    "polar-personal-token" "polar_pat_" (ALPHANUMERIC[43])
    "polar-refresh-token" "polar_rt_u_" (ALPHANUMERIC[43])
    "porkbun-api-key" "pk1_" (LOWER_HEX[64])
    "porkbun-secret-key" "sk1_" (LOWER_HEX[64])
    "portainer-access-token" "ptr_" (BASE64_OF_BOTH[40..=60])
    "postgres-hash-md5" "md5" (LOWER_HEX[32])
    "posthog-feature-flags-key" "phs_" (ALPHANUMERIC[40..=60])
    "posthog-personal-key" "phx_" (ALPHANUMERIC[40..=60])
    "posthog-project-key" "phc_" (ALPHANUMERIC[40..=60])
    "postman-api-key" "PMAK-" (HEX[24] "-" HEX[34])
    "postman-collection-key" "PMAT-" (UPPER_DIGITS[26])
    "prefect-service-key" "pnb_" (ALPHANUMERIC[36])
    "prefect-user-key" "pnu_" (ALPHANUMERIC[36])
    "proof-api-key" "prf_" (BASE64_URL[32..=80])
    "pubnub-secret-key" "sec-c-" (BASE64[40..=60])
    "pulumi-access-token" "pul-" (LOWER_HEX[40])
    "pushbullet-access-token" "o." (ALPHANUMERIC[32])
    "pydantic-logfire-token-eu" "pylf_v1_eu_" (ALPHANUMERIC[40..=60])
    "pydantic-logfire-token-us" "pylf_v1_us_" (ALPHANUMERIC[40..=60])
    "pypi-upload-token" "pypi-AgEI" (BASE64_URL[50..])
    "pyx-api-token" "sk-pyx-" (ALPHANUMERIC[64])
    "pyx-api-token-v2" "sk-pyx-2" (LETTERS[45])
    "quicknode-api-key" "QN_" (LOWER_HEX[32])
    "rainforest-pay-api-key" "apikey_" (LOWER_HEX[64])
    "ramp-client-secret" "ramp_sec_" (ALPHANUMERIC[48])
    "rancher-api-token" "token-" (LOWER_DIGITS[5] ":" LOWER_DIGITS[54])
    "rancher-kubeconfig-token" "kubeconfig-" (DASHED[3..=40] ":" LOWER_DIGITS[54])
    "razorpay-live-key" "rzp_live_" (ALPHANUMERIC[14])
    "readme-api-key" "rdme_" (LOWER_DIGITS[70])
    "recharge-api-token" "sk_1x1_" (LOWER_HEX[64])
    "redirect-pizza-token" "rpa_" (ALPHANUMERIC[30])
    "reepay-private-key" "priv_" (LOWER_HEX[32])
    "render-api-key" "rnd_" (ALPHANUMERIC[28..=32])
    "replicate-api-token" "r8_" (ALPHANUMERIC[37])
    "resend-api-key" "re_" (ALPHANUMERIC[8] "_" ALPHANUMERIC[24])
    "retell-api-key" "key_" (LOWER_HEX[28])
    "retool-api-key" "retool_01" (LOWER_DIGITS[20..])
    "rfc8959-secret-token" "secret-token:" (URI[20..])
    "rill-service-token" "rill_svc_" (ALPHANUMERIC[30..])
    "rill-user-token" "rill_usr_" (ALPHANUMERIC[30..])
    "riot-api-key" "RGAPI-" (UUID)
    "robinhood-api-key" "rh-api-" (UUID)
    "rootly-api-key" "rootly_" (LOWER_HEX[64])
    "rubygems-api-key" "rubygems_" (LOWER_HEX[48])
    "runpod-api-key" "rpa_" (ALPHANUMERIC[46])
    "runway-api-key" "key_" (LOWER_HEX[128])
    "saladcloud-api-key" "salad_cloud_" (ALPHANUMERIC[1..=40] "_" ALPHANUMERIC[20..=235])
    "salesforce-access-token" "00D" (ALPHANUMERIC[12..=15] "!" DOTTED[60..=260])
    "salesforce-refresh-token" "5Aep861" (DOTTED[60..])
    "samsara-api-token" "samsara_api_" (ALPHANUMERIC[26..=32])
    "scaleway-access-key" "SCW" (UPPER_DIGITS[17])
    "scalingo-api-token" "tk-us-" (BASE64_URL[48])
    "scram-hash-sha256" "SCRAM-SHA-256$" (URI[60..])
    "segment-public-api-token" "sgp_" (ALPHANUMERIC[64])
    "sendgrid-api-key" "SG." (BASE64_URL[22] "." BASE64_URL[43])
    "sentry-integration-token" "sntryi_" (LOWER_HEX[64])
    "sentry-organization-token" "sntrys_eyJ" (BASE64[40..] "_" BASE64_UNPADDED[43])
    "sentry-user-token" "sntryu_" (LOWER_HEX[64])
    "settlemint-application-access-token" "sm_aat_" (ALPHANUMERIC[16])
    "settlemint-personal-access-token" "sm_pat_" (ALPHANUMERIC[16])
    "settlemint-service-access-token" "sm_sat_" (ALPHANUMERIC[16])
    "shippo-live-token" "shippo_live_" (HEX[40])
    "shopify-access-token" "shpat_" (HEX[32])
    "shopify-custom-app-token" "shpca_" (HEX[32])
    "shopify-partner-api-token" "prtapi_" (HEX[32])
    "shopify-private-app-token" "shppa_" (HEX[32])
    "shopify-shared-secret" "shpss_" (HEX[32])
    "shopify-theme-access-password" "shptka_" (HEX[32])
    "sindri-api-key" "sindri_" (WORD[30..])
    "slack-app-token" "xapp-" (DIGITS[1..=3] "-" ALPHANUMERIC[9..=20] "-" DIGITS[10..=20] "-" ALPHANUMERIC[32..=80])
    "slack-bot-token" "xoxb-" (DIGITS[8..=14] "-" DIGITS[8..=14] "-" ALPHANUMERIC[18..=34])
    "slack-bot-token-legacy" "xoxb-" (DIGITS[8..=14] "-" ALPHANUMERIC[18..=34])
    "slack-configuration-refresh-token" "xoxe-" (DIGITS[1..=2] "-" ALPHANUMERIC[140..=170])
    "slack-configuration-token" "xoxe.xoxp-" (DIGITS[1..=2] "-" ALPHANUMERIC[140..=180])
    "slack-export-token" "xoxe-" (DIGITS[8..=14] "-" DIGITS[8..=14] "-" DIGITS[8..=14] "-" ALPHANUMERIC[28..=34])
    "slack-legacy-token-o" "xoxo-" (DIGITS[6..=14] "-" DIGITS[6..=14] "-" DIGITS[6..=14] "-" HEX[10..=64])
    "slack-legacy-token-s" "xoxs-" (DIGITS[6..=14] "-" DIGITS[6..=14] "-" DIGITS[6..=14] "-" HEX[10..=64])
    "slack-rotated-bot-token" "xoxe.xoxb-" (DIGITS[1..=2] "-" ALPHANUMERIC[140..=180])
    "slack-session-cookie" "xoxd-" (URI[80..])
    "slack-session-token" "xoxc-" (DIGITS[8..=15] "-" DIGITS[8..=15] "-" DIGITS[8..=15] "-" LOWER_HEX[64])
    "slack-user-token" "xoxp-" (DIGITS[8..=14] "-" DIGITS[8..=14] "-" DIGITS[8..=14] "-" ALPHANUMERIC[24..=36])
    "slack-user-token-short" "xoxp-" (DIGITS[8..=14] "-" DIGITS[8..=14] "-" ALPHANUMERIC[18..=36])
    "slack-workflow-token" "xwfp-" (DIGITS[8..=15] "-" DIGITS[8..=15] "-" ALPHANUMERIC[18..=36])
    "slack-workspace-access-token" "xoxa-" (DIGITS[1..=14] "-" DASHED[8..=80])
    "slack-workspace-access-token-plain" "xoxa-" (ALPHANUMERIC[8..=48])
    "slack-workspace-refresh-token" "xoxr-" (DIGITS[1..=14] "-" DASHED[8..=80])
    "slack-workspace-refresh-token-plain" "xoxr-" (ALPHANUMERIC[8..=48])
    "smtp2go-api-key" "api-" (UPPER_HEX[32])
    "snyk-personal-access-token" "snyk_uat." (LOWER_DIGITS[8] "." BASE64_URL[8..] "." BASE64_URL[8..])
    "snyk-service-account-token" "snyk_sat." (LOWER_DIGITS[8] "." BASE64_URL[8..] "." BASE64_URL[8..])
    "socket-api-token" "sktsec_" (BASE64_URL[40..])
    "sonarqube-badge-token" "sqb_" (LOWER_HEX[40])
    "sonarqube-global-analysis-token" "sqa_" (LOWER_HEX[40])
    "sonarqube-organization-token" "sqco_" (BASE64_URL[40..])
    "sonarqube-project-analysis-token" "sqp_" (LOWER_HEX[40])
    "sonarqube-user-token" "squ_" (LOWER_HEX[40])
    "sourcegraph-access-token" "sgp_" (HEX[40])
    "sourcegraph-access-token-v3" "sgp_" (HEX[16] "_" HEX[40])
    "sourcegraph-access-token-v3-local" "sgp_local_" (HEX[40])
    "sourcegraph-gateway-token" "sgd_" (HEX[64])
    "sourcegraph-handler-token" "sgph_" (HEX[64])
    "sourcegraph-license-token" "slk_" (HEX[64])
    "sourcegraph-subscription-token" "sgs_" (HEX[64])
    "sql-server-hash" "0x0200" (HEX[136])
    "square-access-token" "sq0atp-" (BASE64_URL[22..=60])
    "square-application-secret" "sq0csp-" (BASE64_URL[43..=60])
    "square-oauth-token" "EAAA" (BASE64_URL[60])
    "stackhawk-api-key" "hawk." (BASE64_URL[20] "." BASE64_URL[20])
    "statsig-console-key" "console-" (ALPHANUMERIC[43])
    "statsig-server-key" "secret-" (ALPHANUMERIC[43])
    "stripe-live-ephemeral-key" "ek_live_" (ALPHANUMERIC[16..])
    "stripe-live-key" "sk_live_" (ALPHANUMERIC[16..])
    "stripe-live-restricted-key" "rk_live_" (ALPHANUMERIC[16..])
    "stripe-organization-key" "sk_org_" (WORD[20..])
    "stripe-production-restricted-key" "rk_prod_" (ALPHANUMERIC[16..])
    "stripe-webhook-secret" "whsec_" (BASE64[24..=90])
    "stytch-live-secret" "secret-live-" (BASE64_URL_PADDED[36..=52])
    "sui-private-key" "suiprivkey1" (LOWER_DIGITS[57..=61])
    "sumup-secret-key" "sup_sk_" (ALPHANUMERIC[30..=64])
    "supabase-oauth-token" "sbp_oauth_" (LOWER_HEX[40])
    "supabase-personal-access-token" "sbp_" (LOWER_HEX[40])
    "supabase-secret-key" "sb_secret_" (BASE64_URL[31])
    "tailscale-api-key" "tskey-api-" (DASHED[20..])
    "tailscale-auth-key" "tskey-auth-" (DASHED[20..])
    "tailscale-client-key" "tskey-client-" (DASHED[20..])
    "tailscale-scim-key" "tskey-scim-" (DASHED[20..])
    "tailscale-webhook-key" "tskey-webhook-" (DASHED[20..])
    "tatum-api-key" "t-" (LOWER_HEX[24] "-" LOWER_HEX[24])
    "tavily-api-key" "tvly-" (ALPHANUMERIC[32])
    "tavily-development-key" "tvly-dev-" (BASE64_URL[32..=64])
    "telegram-bot-token" ":AA" (DIGITS[8..=10] _ BASE64_URL[33])
    "telnyx-api-key" "KEY" (UPPER_HEX[32] "_" ALPHANUMERIC[22])
    "tencent-access-key" "AKID" (ALPHANUMERIC[32])
    "terraform-cloud-token" ".atlasv1." (ALPHANUMERIC[14] _ BASE64_URL_PADDED[60..=70])
    "threads-access-token" "THAA" (BASE64_URL[100..])
    "thunderstore-api-token" "tss_" (ALPHANUMERIC[20..=80])
    "tinkoff-invest-token" "t." (BASE64_URL[86])
    "tinybird-token" "p.eyJ" (BASE64_URL[20..] "." BASE64_URL[20..])
    "together-api-key" "tgp_v1_" (BASE64_URL[43])
    "toss-payments-live-key" "live_sk_" (ALPHANUMERIC[20..=64])
    "toss-payments-live-widget-key" "live_gsk_" (ALPHANUMERIC[20..=64])
    "trello-token" "ATTA" (HEX[72])
    "trigger-development-key" "tr_dev_" (ALPHANUMERIC[20..=64])
    "trigger-personal-access-token" "tr_pat_" (ALPHANUMERIC[20..=64])
    "trigger-preview-key" "tr_preview_" (ALPHANUMERIC[20..=64])
    "trigger-production-key" "tr_prod_" (ALPHANUMERIC[20..=64])
    "trigger-staging-key" "tr_stg_" (ALPHANUMERIC[20..=64])
    "trufflehog-enterprise-key" "thog-key-" (LOWER_HEX[16])
    "trufflehog-enterprise-secret" "thog-secret-" (LOWER_HEX[32])
    "twilio-api-key" "SK" (HEX[32])
    "twitch-chat-token" "oauth:" (LOWER_DIGITS[30])
    "twitter-bearer-token" "AAAAAAAAAAAAAAAAAAAAA" (PERCENT[60..=120])
    "typeform-access-token" "tfp_" (DOTTED_PADDED[55..=65])
    "ubidots-token" "BBFF-" (ALPHANUMERIC[30..=40])
    "ubidots-token-us" "BBUS-" (ALPHANUMERIC[30..=40])
    "unkey-root-key" "unkey_" (ALPHANUMERIC[20..=40])
    "upcloud-api-token" "ucat_" (ALPHANUMERIC[24..=32])
    "val-town-api-token" "vtwn_" (ALPHANUMERIC[20..=80])
    "vantage-api-token" "vntg_tkn_" (LOWER_HEX[40])
    "vault-batch-token" "hvb." (BASE64_URL[100..])
    "vault-recovery-token" "hvr." (BASE64_URL[20..])
    "vault-service-token" "hvs." (BASE64_URL[20..])
    "vault-service-token-legacy" "s." (ALPHANUMERIC[24])
    "vercel-ai-gateway-key" "vck_" (BASE64_URL[24..=64])
    "vercel-app-access-token" "vca_" (BASE64_URL[24..=64])
    "vercel-app-refresh-token" "vcr_" (BASE64_URL[24..=64])
    "vercel-blob-token" "vercel_blob_rw_" (ALPHANUMERIC[16] "_" ALPHANUMERIC[30])
    "vercel-integration-token" "vci_" (BASE64_URL[24..=64])
    "vercel-personal-access-token" "vcp_" (BASE64_URL[24..=64])
    "vk-access-token" "vk1.a." (BASE64_URL[80..])
    "voiceflow-api-key" "VF." (HEX[24] "." ALPHANUMERIC[16])
    "voiceflow-dialog-manager-key" "VF.DM." (HEX[24] "." ALPHANUMERIC[16])
    "voiceflow-workspace-key" "VF.WS." (HEX[24] "." ALPHANUMERIC[16])
    "volcengine-access-key" "AKLT" (BASE64_URL[20..=64])
    "voyage-api-key" "pa-" (BASE64_URL[43])
    "voyage-atlas-api-key" "al-" (BASE64_URL[43])
    "wakatime-api-key" "waka_" (DASHED[36..=64])
    "weights-and-biases-api-key" "wandb_v1_" (WORD[60..=90])
    "werkzeug-hash-pbkdf2" "pbkdf2:sha256:" (CRYPT[20..])
    "werkzeug-hash-scrypt" "scrypt:32768:8:1$" (CRYPT[20..])
    "windows-hash" "aad3b435b51404eeaad3b435b51404ee:" (LOWER_HEX[32])
    "windows-hash-dump" ":::" (LOWER_HEX[32] _)
    "wompi-production-private-key" "prv_prod_" (ALPHANUMERIC[30..=40])
    "woocommerce-consumer-key" "ck_" (LOWER_HEX[40])
    "woocommerce-consumer-secret" "cs_" (LOWER_HEX[40])
    "workos-live-key" "sk_live_a2V5" (BASE64[60..])
    "xai-api-key" "xai-" (BASE64_URL[70..=120])
    "xata-api-key" "xau_" (ALPHANUMERIC[32..=48])
    "xendit-development-key" "xnd_development_" (ALPHANUMERIC[50..=80])
    "xendit-production-key" "xnd_production_" (ALPHANUMERIC[50..=80])
    "yandex-api-key" "AQVN" (BASE64_URL[35..=38])
    "yandex-iam-token" "t1." (BASE64_URL_PADDED[1..] "." BASE64_URL_PADDED[86..=88])
    "yandex-oauth-token" "y0_Ag" (BASE64_URL[48..=80])
    "yandex-oauth-token-2" "y0__" (BASE64_URL[48..=80])
    "yandex-static-key" "YC" (BASE64_URL[38])
    "zoho-oauth-token" "1000." (LOWER_HEX[32] "." LOWER_HEX[32])
    "zoho-zapi-key" "1001." (LOWER_HEX[32] "." LOWER_HEX[32])
    "zoho-zapi-key-short" "1003." (LOWER_HEX[32..=64])
    "zuplo-api-key" "zpka_" (LOWER_DIGITS[32] "_" LOWER_HEX[8])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::TOKENS;
    use crate::Redactor;
    use crate::rules::examples::{Examples, examples};
    use crate::rules::format::Body::Around;
    use crate::rules::format::TokenFormat;

    fn rows() -> impl Iterator<Item = (&'static TokenFormat, &'static Examples)> {
        TOKENS.iter().map(|row| {
            let examples = examples().iter().find(|examples| examples.id == row.id);
            (row, examples.unwrap())
        })
    }

    #[test]
    fn no_id_is_there_twice() {
        let ids: BTreeSet<_> = TOKENS.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), TOKENS.len());
    }

    #[test]
    fn each_row_has_a_source() {
        for (row, examples) in rows() {
            let source = examples.source;
            let is_address =
                source.starts_with("https://") && !source.contains(char::is_whitespace);
            assert!(is_address, "{}: {source}", row.id);
        }
    }

    #[test]
    fn each_row_has_examples_that_begin_with_its_prefix() {
        for (row, examples) in rows() {
            assert!(!examples.secret.is_empty(), "{} has no example", row.id);
            assert!(!examples.benign.is_empty(), "{} has no example", row.id);
            for secret in &examples.secret {
                let is_around = matches!(row.body, Around(..)) && secret.contains(row.prefix);
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

    /// Names of programs' things also begin like tokens.
    #[test]
    fn an_identifier_of_words_with_a_known_prefix_stays() {
        let redactor = Redactor::new();
        for text in [
            "ghp_pagesbuildanddeploymentworkflow",
            "ddp_differentialdynamicprogramming",
            "ddo_distributeddataobjectsreplication",
            "npm_packagelockdependencyresolutiontest",
            "pat_patientadmissiontransferrecords",
            "ion_iontrapfrequencycalibrationroutine",
            "aio_asynchronousinputoutputcompletion",
            "ctr_clickthroughrateestimationpipeline",
            "csa_currentstateassessmentquestionnaire",
            "isat_internationalsatellitetransponder",
            "odt_opendocumenttextconversionservice",
            "rpa_roboticprocessautomationscheduler",
            "tss_timesynchronizationservicerunner",
            "jina_embeddingsbaseenglishdocuments",
            "render rnd_randomnumberdistributionsampler",
            "kpat_kernelpageallocationtracking",
            "dop_v1_departmentofpublicworksdataset",
            "sk_live_streamingkitchenordersdashboard",
            "glpat-gitlabpagesartifacttransfer",
            "dckr_pat_dockerpatternmatchingrules",
        ] {
            assert_eq!(redactor.redact(text), text);
        }
    }
}
