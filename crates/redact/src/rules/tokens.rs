//! The formats of vendors' tokens.

use std::iter;
use std::sync::LazyLock;

use crate::rules::format::{Alphabet, Length, Part, Shape, TokenFormat, around, of_parts};
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

/// Lists the parts of a token, which are texts and runs of alphabets, such as `Hex[24] "-" Hex[34]`.
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

/// The parts of a token after its prefix. With a `_` for the prefix, it is in the middle of the token.
macro_rules! shape {
    ($parts:ident) => {
        of_parts($parts)
    };
    ($alphabet:ident $(($more:literal))? [$($length:tt)+]) => {
        (Alphabet::$alphabet $(($more))?, length!($($length)+))
    };
    ($before:ident $(($more:literal))? [$($length:tt)+] _ $($part:tt)*) => {
        around(
            &(Alphabet::$before $(($more))?, length!($($length)+)),
            parts!($($part)*),
        )
    };
    ($($part:tt)+) => {
        of_parts(parts!($($part)+))
    };
}

macro_rules! tokens {
    ($(
        $($id:literal $prefix:literal)+ ($($shape:tt)+)
    )*) => {
        /// One row for each documented format. Rows with the same parts stand together, sorted by id, and write the parts
        /// once, after the last of them. The order has no effect on the match that wins, see `vendor::best`.
        ///
        /// Where sources differ about the length, a row accepts every documented length. With a prefix of two or three
        /// bytes, it has an exact length, several parts or at least 80 bytes, because words begin like this, too.
        pub(crate) static TOKENS: LazyLock<Vec<TokenFormat>> = LazyLock::new(|| {
            let mut texts = TEXTS.iter();
            let format = |&(alphabet, length): &Shape| {
                let id = texts.next()?;
                let prefix = texts.next()?;
                Some(TokenFormat { id, prefix, alphabet, length })
            };
            let rows = SHAPES.iter().flat_map(|(rows, shape)| iter::repeat_n(shape, *rows));
            rows.filter_map(format).collect()
        });

        /// The id and the prefix of each row.
        static TEXTS: WordList = words!(concat!($($($id, ", ", $prefix, ", "),+),*));

        /// The shapes, each with the number of rows that have it.
        static SHAPES: &[(usize, Shape)] = &[$((
            [$($id),+].len(),
            shape!($($shape)+),
        )),*];
    };
}

tokens! {
    "1password-secret-key" "A3-" (UpperDigits[6] "-" UpperDigits[11] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5])
    "1password-secret-key-long" "A3-" (UpperDigits[6] "-" UpperDigits[6] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5] "-" UpperDigits[5])
    "1password-service-account-token" "ops_eyJ" (Base64[250..])
    "adafruit-io-key" "aio_" (Alphanumeric[28])
    "adobe-client-secret" "p8e-"
    "new-relic-insert-key" "NRII-"
    "new-relic-query-key" "NRIQ-" (Base64Url[32])
    "adyen-api-key" "AQE" (And("+/=-")[80..])
    "aftership-api-key" "asat_"
    "builder-private-key" "bpk-"
    "cal-com-api-key" "cal_live_"
    "checkly-api-key" "cu_"
    "clearbit-api-key" "sk_"
    "databricks-api-token" "dapi"
    "databricks-oauth-secret" "dose"
    "databricks-oauth-token" "dkea"
    "deepseek-api-key" "sk-"
    "firecrawl-api-key" "fc-"
    "firehydrant-bot-token" "fhb-"
    "kaggle-api-token" "KGAT_"
    "langsmith-legacy-key" "ls__"
    "locationiq-access-token" "pk."
    "mailgun-private-key" "key-"
    "mailgun-public-key" "pubkey-"
    "nets-live-secret-key" "live-secret-key-"
    "nets-test-secret-key" "test-secret-key-"
    "quicknode-api-key" "QN_"
    "reepay-private-key" "priv_"
    "trufflehog-enterprise-secret" "thog-secret-" (LowerHex[32])
    "age-secret-key" "AGE-SECRET-KEY-1" (UpperDigits[58])
    "nats-account-seed" "SAA"
    "nats-operator-seed" "SOA"
    "nats-user-seed" "SUA" (UpperDigits[55])
    "age-secret-key-post-quantum" "AGE-SECRET-KEY-PQ-1" (UpperDigits[58..])
    "aikido-ci-token" "AIK_CI_" (Alphanumeric[20..=44])
    "aikido-client-secret" "AIK_SECRET_"
    "coze-personal-token" "pat_"
    "neon-api-key" "napi_"
    "pyx-api-token" "sk-pyx-"
    "segment-public-api-token" "sgp_" (Alphanumeric[64])
    "airtable-personal-access-token" "pat" (Alphanumeric[14] "." LowerHex[64])
    "aiven-service-password" "AVNS_" (Base64Url[19])
    "akamai-edgegrid-token" "akab-" (LowerDigits[16] "-" LowerDigits[16])
    "alibaba-access-key" "LTAI" (Alphanumeric[12..=20])
    "alibaba-sts-access-key" "STS."
    "toss-payments-live-key" "live_sk_"
    "toss-payments-live-widget-key" "live_gsk_"
    "toss-payments-test-key" "test_sk_"
    "toss-payments-test-widget-key" "test_gsk_"
    "trigger-development-key" "tr_dev_"
    "trigger-personal-access-token" "tr_pat_"
    "trigger-preview-key" "tr_preview_"
    "trigger-production-key" "tr_prod_"
    "trigger-staging-key" "tr_stg_" (Alphanumeric[20..=64])
    "amazon-login-client-secret" "amzn1.oa2-cs.v1."
    "cursor-api-key" "key_"
    "cursor-user-key" "crsr_"
    "daytona-api-key" "dtn_"
    "digitalocean-oauth-token" "doo_v1_"
    "digitalocean-personal-access-token" "dop_v1_"
    "digitalocean-refresh-token" "dor_v1_"
    "dingtalk-robot-secret" "SEC"
    "materialize-app-password" "mzp_"
    "openrouter-api-key" "sk-or-v1-"
    "porkbun-api-key" "pk1_"
    "porkbun-secret-key" "sk1_"
    "rainforest-pay-api-key" "apikey_"
    "recharge-api-token" "sk_1x1_"
    "recharge-test-token" "sk_test_1x1_"
    "rootly-api-key" "rootly_"
    "sentry-integration-token" "sntryi_"
    "sentry-user-token" "sntryu_" (LowerHex[64])
    "amazon-marketplace-token" "amzn.mws."
    "axiom-api-token" "xaat-"
    "axiom-personal-token" "xapt-"
    "checkout-secret-key" "sk_"
    "checkout-secret-key-test" "sk_test_"
    "heroku-api-key-uuid" "HRKU-"
    "langfuse-secret-key" "sk-lf-"
    "new-relic-pixie-api-key" "px-api-"
    "new-relic-pixie-deploy-key" "px-dep-"
    "openvsx-access-token" "ovsxat_"
    "openvsx-publish-token" "ovsxp_"
    "plaid-development-access-token" "access-development-"
    "plaid-production-access-token" "access-production-"
    "plaid-sandbox-access-token" "access-sandbox-"
    "riot-api-key" "RGAPI-"
    "robinhood-api-key" "rh-api-" (UUID)
    "anthropic-admin-key" "sk-ant-admin01-"
    "anthropic-api-key" "sk-ant-api03-"
    "anthropic-compliance-key" "sk-ant-api01-"
    "anthropic-oauth-access-token" "sk-ant-oat01-"
    "anthropic-oauth-refresh-token" "sk-ant-ort01-"
    "anthropic-session-key" "sk-ant-sid01-"
    "anthropic-session-key-2" "sk-ant-sid02-"
    "instagram-access-token" "IGQV"
    "vk-access-token" "vk1.a." (Base64Url[80..])
    "apify-api-token" "apify_api_"
    "apify-proxy-password" "apify_proxy_"
    "apify-ui-token" "apify_ui_" (Alphanumeric[34..=38])
    "arcjet-key" "ajkey_" (LowerDigits[20..=40])
    "artifactory-api-key" "AKCp" (Alphanumeric[68..=70])
    "artifactory-reference-token" "cmVmd" (Alphanumeric[59])
    "asaas-api-key" "$aact_" (And("_-:$")[40..])
    "asana-access-token" "1/" (Digits[14..=17] ":" LowerHex[32])
    "asana-access-token-2" "2/" (Digits[14..=17] "/" Digits[14..=17] ":" LowerHex[32])
    "atlassian-access-token" "ATCTT3"
    "atlassian-api-token" "ATATT3" (And("_-=")[60..=260])
    "atlassian-bitbucket-app-password" "ATBB"
    "blockfrost-mainnet-project" "mainnet"
    "blockfrost-preprod-project" "preprod"
    "crates-io-token" "cio"
    "infracost-api-key" "ico-"
    "nightfall-api-key" "NF-"
    "pushbullet-access-token" "o."
    "tavily-api-key" "tvly-"
    "tencent-access-key" "AKID" (Alphanumeric[32])
    "atlassian-oauth-client-secret" "ATOA" (And("_-=")[60..])
    "authress-access-key" "authress_"
    "authress-access-key-ext" "ext_"
    "authress-access-key-sc" "sc_"
    "authress-access-key-scauth" "scauth_" (AUTHRESS)
    "aws-access-key-a3t" "A3T"
    "scaleway-access-key" "SCW" (UpperDigits[17])
    "aws-access-key-abia" "ABIA"
    "aws-access-key-acca" "ACCA"
    "aws-access-key-akia" "AKIA"
    "aws-access-key-asia" "ASIA"
    "digitalocean-spaces-key" "DO00" (UpperDigits[16])
    "aws-bedrock-api-key" "ABSK" (Base64[109..=269])
    "aws-bedrock-short-term-api-key" "bedrock-api-key-"
    "aws-session-token" "IQoJb3JpZ2luX2Vj"
    "aws-session-token-fwo" "FwoGZXIvYXdz" (Base64[100..])
    "azure-client-secret" "8Q~"
    "azure-client-secret-7" "7Q~" (And("_~.")[3] _ And("_~.-")[31..=34])
    "backblaze-application-key" "K00" (And("+/")[28])
    "baidu-access-key" "ALTAK" (Alphanumeric[21])
    "beamer-api-key" "b_" (And("_-=")[44])
    "bitcoin-extended-private-key" "xprv"
    "bitcoin-extended-private-key-testnet" "tprv"
    "bitcoin-extended-private-key-y" "yprv"
    "bitcoin-extended-private-key-z" "zprv" (Alphanumeric[107])
    "bitrise-workspace-token" "bitwat_"
    "codesandbox-api-token" "csb_v1_"
    "headscale-api-key" "hskey-api-"
    "headscale-auth-key" "hskey-auth-"
    "liveblocks-development-key" "sk_dev_"
    "openai-admin-key" "sk-admin-"
    "openai-project-key" "sk-proj-"
    "openai-service-account-key" "sk-svcacct-"
    "socket-api-token" "sktsec_"
    "sonarqube-organization-token" "sqco_" (Base64Url[40..])
    "bitwarden-secrets-manager-token" "0." (LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12] "." Alphanumeric[30] ":" Base64[24])
    "block-protocol-api-key" "b10ck5." (Alphanumeric[32] "." Alphanumeric[36])
    "brave-search-api-key" "BSA"
    "google-oauth-client-secret" "GOCSPX-" (Base64Url[28])
    "brevo-api-key" "xkeysib-"
    "brevo-smtp-key" "xsmtpsib-" (LowerHex[64] "-" Alphanumeric[16])
    "brex-user-token" "bxt_"
    "dependency-track-api-key" "odt_" (Alphanumeric[32..])
    "browserbase-api-key" "bb_live_"
    "liveblocks-production-key" "sk_prod_" (Base64Url[24..])
    "buildkite-agent-access-token" "bkaa_" (Base64Url[75])
    "buildkite-agent-job-token" "bkaj_" (Base64Url[200..])
    "buildkite-agent-registration-token" "bkar_"
    "buildkite-cluster-token" "bkct_" (Base64Url[73])
    "buildkite-api-token" "bkua_" (LowerDigits[40..=53])
    "buildkite-packages-token" "bkpt_"
    "instagram-login-token" "IGAA"
    "minimax-api-key" "sk-api-"
    "threads-access-token" "THAA"
    "vault-batch-token" "hvb." (Base64Url[100..])
    "buildkite-portal-secret" "bkps_"
    "gitlab-oauth-application-secret" "gloas-" (Base64Url[64])
    "buildkite-portal-token" "bkpat_" (Base64Url[54])
    "canva-client-secret" "cnvca" (Base64Url[51])
    "cartesia-api-key" "sk_car_" (Word[20..=30])
    "cashfree-client-secret" "cfsk_ma_prod_"
    "cashfree-client-secret-test" "cfsk_ma_test_" (LowerHex[32] "_" LowerHex[8])
    "cerebras-api-key" "csk-" (LowerDigits[48])
    "cfx-server-key" "cfxk_"
    "stripe-organization-key" "sk_org_" (Word[20..])
    "chargebee-api-key" "live_" (Alphanumeric[32..=34])
    "chief-tools-access-token" "cto_"
    "chief-tools-personal-access-token" "ctp_"
    "chief-tools-refresh-token" "ctr_" (Alphanumeric[30..=248])
    "chromatic-project-token" "chpt_" (LowerDigits[12..=20])
    "circleci-personal-token" "CCIPAT_"
    "circleci-project-token" "CCIPRJ_" (Alphanumeric[20..=24] "_" LowerHex[40])
    "clickhouse-cloud-api-secret" "4b1d" (Alphanumeric[38])
    "clickup-personal-token" "pk_" (Digits[7..=9] "_" UpperDigits[32])
    "clojars-deploy-token" "CLOJARS_" (LowerDigits[60])
    "close-api-key" "api_" (Alphanumeric[22] "." Alphanumeric[22])
    "cloudflare-account-token" "cfat_"
    "cloudflare-global-api-key" "cfk_"
    "cloudflare-user-token" "cfut_"
    "moonshot-api-key" "sk-"
    "perplexity-api-key" "pplx-"
    "ramp-client-secret" "ramp_sec_" (Alphanumeric[48])
    "cloudflare-origin-ca-key" "v1.0-" (LowerHex[24] "-" LowerHex[146])
    "cloudflare-turnstile-secret" "0x4AAAAAA" (Base64Url[26])
    "cloudsmith-api-key" "csa_"
    "deno-organization-token" "ddo_"
    "deno-personal-token" "ddp_"
    "github-app-installation-token" "ghs_"
    "github-app-user-token" "ghu_"
    "github-oauth-token" "gho_"
    "github-personal-access-token" "ghp_"
    "netbird-personal-access-token" "nbp_"
    "npm-access-token" "npm_"
    "prefect-service-key" "pnb_"
    "prefect-user-key" "pnu_" (Alphanumeric[36])
    "cockroach-cloud-api-key" "CCDB1_" (Alphanumeric[22] "_" Alphanumeric[40])
    "coingecko-api-key" "CG-"
    "exoscale-api-key" "EXO"
    "fireworks-api-key" "fw_"
    "vault-service-token-legacy" "s." (Alphanumeric[24])
    "configcat-sdk-key" "configcat-sdk-1/" (Base64Url[22] "/" Base64Url[22])
    "confluent-cloud-api-secret" "cflt" (And("+/")[60])
    "contentful-personal-access-token" "CFPAT-"
    "fly-oauth-token" "fo1_"
    "openshift-access-token" "sha256~"
    "together-api-key" "tgp_v1_"
    "voyage-api-key" "pa-"
    "voyage-atlas-api-key" "al-" (Base64Url[43])
    "coralogix-personal-key" "cxup_"
    "coralogix-team-key" "cxtp_" (Alphanumeric[28..=36])
    "courier-api-key" "pk_prod_" (UpperDigits[28])
    "covalent-api-key" "cqt_" (Alphanumeric[24..=36])
    "covalent-legacy-key" "ckey_" (LowerHex[26..=28])
    "crossmint-server-key" "sk_production_"
    "crossmint-server-key-staging" "sk_staging_" (Alphanumeric[60..])
    "databento-api-key" "db-" (Alphanumeric[29])
    "databricks-api-token-numbered" "dapi" (LowerHex[32] "-" Digits[1..=2])
    "datadog-application-key" "ddapp_"
    "ubidots-token" "BBFF-"
    "ubidots-token-us" "BBUS-"
    "wompi-production-private-key" "prv_prod_"
    "wompi-test-private-key" "prv_test_" (Alphanumeric[30..=40])
    "datastax-astra-token" "AstraCS:" (Alphanumeric[20..=40] ":" LowerHex[64])
    "dbt-cloud-service-token" "dbtc_"
    "dbt-cloud-user-token" "dbtu_"
    "ory-access-token" "ory_at_"
    "ory-personal-access-token" "ory_pat_"
    "ory-refresh-token" "ory_rt_"
    "ory-session-token" "ory_st_" (Base64Url[30..])
    "defined-networking-api-token" "dnkey-" (And("-_=")[79])
    "dependency-track-api-key-2" "odt_" (Alphanumeric[8] "_" Alphanumeric[32..])
    "devcycle-server-key" "dvc_server_" (Word[20..=60])
    "devin-personal-api-key" "apk_user_"
    "devin-service-api-key" "apk_"
    "fly-macaroon-2" "fm2_"
    "fly-macaroon-a" "fm1a_"
    "fly-macaroon-r" "fm1r_" (Base64[80..])
    "devin-service-user-token" "cog_" (LowerDigits[52])
    "discord-mfa-token" "mfa." (Base64Url[84])
    "dnsimple-account-token" "dnsimple_a_"
    "dnsimple-user-token" "dnsimple_u_"
    "lightdash-personal-access-token" "ldpat_" (Alphanumeric[24..=64])
    "docker-organization-access-token" "dckr_oat_" (Base64Url[27..=32])
    "docker-personal-access-token" "dckr_pat_" (Base64Url[24..=36])
    "docker-swarm-join-token" "SWMTKN-1-" (LowerDigits[48..=60] "-" LowerDigits[24..=30])
    "docker-swarm-unlock-key" "SWMKEY-1-" (And("+/")[40..=50])
    "doppler-audit-token" "dp.audit."
    "doppler-cli-token" "dp.ct."
    "doppler-personal-token" "dp.pt."
    "doppler-scim-token" "dp.scim."
    "doppler-service-account-token" "dp.sa."
    "doppler-service-token-plain" "dp.st." (Alphanumeric[40..=44])
    "doppler-service-token" "dp.st." (Base64Url[2..=35] "." Alphanumeric[40..=44])
    "dropbox-short-lived-token" "sl." (And("-_.=")[120..])
    "duffel-live-token" "duffel_live_"
    "duffel-test-token" "duffel_test_" (And("_-=")[43])
    "dvc-studio-token" "isat_"
    "rill-service-token" "rill_svc_"
    "rill-user-token" "rill_usr_" (Alphanumeric[30..])
    "dynatrace-activegate-token" "dt0g02."
    "dynatrace-api-token" "dt0c01."
    "dynatrace-oauth-client-secret" "dt0s01."
    "dynatrace-oauth-client-secret-2" "dt0s02."
    "dynatrace-platform-token" "dt0s16." (Alphanumeric[8..=24] "." Alphanumeric[64])
    "e2b-api-key" "e2b_"
    "gitlab-pipeline-trigger-token" "glptt-"
    "pulumi-access-token" "pul-"
    "sonarqube-badge-token" "sqb_"
    "sonarqube-global-analysis-token" "sqa_"
    "sonarqube-project-analysis-token" "sqp_"
    "sonarqube-user-token" "squ_"
    "supabase-oauth-token" "sbp_oauth_"
    "supabase-personal-access-token" "sbp_"
    "vantage-api-token" "vntg_tkn_"
    "woocommerce-consumer-key" "ck_"
    "woocommerce-consumer-secret" "cs_" (LowerHex[40])
    "easypost-api-key" "EZAK"
    "easypost-test-api-key" "EZTK" (Alphanumeric[54])
    "ebay-production-secret" "PRD-"
    "ebay-sandbox-secret" "SBX-" (LowerHex[8..=12] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4..=12])
    "elastic-cloud-api-key" "essu_" (And("_-=")[60..=200])
    "elevenlabs-api-key" "sk_"
    "rubygems-api-key" "rubygems_" (LowerHex[48])
    "endor-api-key" "endr+" (Dashed[16])
    "facebook-access-token" "EAA" (Alphanumeric[80..])
    "figma-personal-access-token" "figd_" (Base64Url[38..=44])
    "firebase-server-key" "AAAA" (Base64Url[7] ":APA91b" Base64Url[120..])
    "fireworks-api-key-short" "fw_"
    "flagsmith-server-key" "ser."
    "modal-token-id" "ak-"
    "modal-token-secret" "as-" (Alphanumeric[22])
    "fleetbase-live-key" "flb_live_"
    "unkey-root-key" "unkey_" (Alphanumeric[20..=40])
    "flutterwave-encryption-key-test" "FLWSECK_TEST" (Alphanumeric[12])
    "flutterwave-encryption-key-test-dashed" "FLWSECK_TEST-" (LowerHex[12])
    "flutterwave-public-key" "FLWPUBK-"
    "flutterwave-public-key-test" "FLWPUBK_TEST-"
    "flutterwave-secret-key" "FLWSECK-"
    "flutterwave-secret-key-test" "FLWSECK_TEST-" (Alphanumeric[32] "-X")
    "frame-io-developer-token" "fio-u-" (And("_-=")[64])
    "fullstory-api-key-eu" "eu1."
    "fullstory-api-key-na" "na1." (Base64[48..])
    "gc-notify-api-key" "gcntfy-" (Base64Url[74..=200])
    "gitbook-api-token" "gb_api_" (Alphanumeric[36..=44])
    "github-app-installation-token-stateless" "ghs_" (Digits[1..=20] "_eyJ" Base64Url[20..] "." Base64Url[20..] "." Base64Url[20..])
    "github-app-refresh-token" "ghr_" (Alphanumeric[36..=76])
    "github-fine-grained-token" "github_pat_" (Alphanumeric[22] "_" Alphanumeric[59..=221])
    "gitlab-agent-token" "glagent-" (Base64Url[50..=64])
    "gitlab-ci-job-token" "glcbt-" (Alphanumeric[1..=5] "_" Base64Url[20])
    "gitlab-deploy-token" "gldt-"
    "gitlab-feature-flags-token" "glffct-"
    "gitlab-feed-token" "glft-"
    "gitlab-personal-access-token" "glpat-"
    "gitlab-runner-registered-token" "glrtr-"
    "gitlab-runner-registration-token" "GR1348941"
    "gitlab-runner-token" "glrt-"
    "gitlab-scim-token" "glsoat-" (Base64Url[20])
    "gitlab-deploy-token-routable" "gldt-"
    "gitlab-personal-access-token-routable" "glpat-"
    "gitlab-runner-registered-token-routable" "glrtr-"
    "gitlab-runner-token-routable" "glrt-" (GITLAB_ROUTABLE)
    "gitlab-feed-token-path" "glft-" (LowerHex[64] "-" Digits[1..=20])
    "gitlab-incoming-mail-token" "glimt-" (Base64Url[25])
    "gitlab-personal-access-token-unversioned" "glpat-"
    "gitlab-runner-token-unversioned" "glrt-" (GITLAB_UNVERSIONED)
    "gitlab-runner-token-partitioned" "glrt-" ("t" Digits[1] "_" Base64Url[20])
    "gitlab-workspace-token" "glwt-"
    "inngest-api-key" "sk-inn-api-"
    "vault-recovery-token" "hvr."
    "vault-service-token" "hvs." (Base64Url[20..])
    "gitpod-personal-access-token" "gitpod_pat_" (Dotted[40..])
    "gocardless-live-token" "live_"
    "gocardless-sandbox-token" "sandbox_" (And("_-=")[40])
    "google-api-key" "AIza" (Base64Url[35])
    "google-cloud-storage-hmac-key" "GOOG1E" (UpperDigits[57])
    "google-gemini-key" "AQ.Ab8" (Base64Url[44..=56])
    "google-oauth-access-token" "ya29." (Base64Url[60..])
    "google-oauth-refresh-token" "1//0" (Base64Url[40..=220])
    "grafana-api-key" "eyJrIjoi" (Base64[40..=400])
    "grafana-cloud-token" "glc_" (Base64[32..])
    "grafana-service-account-token" "glsa_" (Alphanumeric[32] "_" LowerHex[8])
    "groq-api-key" "gsk_" (Alphanumeric[52])
    "harness-personal-access-token" "pat."
    "harness-service-account-token" "sat." (Base64Url[22] "." LowerHex[24] "." Alphanumeric[20])
    "helicone-api-key" "sk-helicone-" (Dashed[24..])
    "heroku-api-key" "HRKU-AA" (Base64Url[58])
    "hex-personal-token" "hxtp_"
    "hex-workspace-token" "hxtw_"
    "kong-personal-access-token" "kpat_"
    "kong-system-access-token" "spat_" (Alphanumeric[40..])
    "honeycomb-classic-ingest-key" "hcaic_"
    "honeycomb-ingest-key" "hcaik_"
    "honeycomb-ingest-key-x" "hcxik_" (LowerDigits[26..=58])
    "hubspot-private-app-token" "pat-" (LowerDigits[2..=4] "-" LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12])
    "huggingface-access-token" "hf_"
    "huggingface-organization-token" "api_org_" (Alphanumeric[34])
    "imagekit-private-key" "private_" (And("+/=")[28])
    "infisical-service-token" "st." (LowerHex[24] "." LowerHex[30..=64] "." LowerHex[30..=64])
    "inngest-signing-key-branch" "signkey-branch-"
    "inngest-signing-key-prod" "signkey-prod-"
    "inngest-signing-key-staging" "signkey-staging-"
    "inngest-signing-key-test" "signkey-test-"
    "zoho-zapi-key-short" "1003." (LowerHex[32..=64])
    "intercom-access-token" "dG9rO" (Base64[55])
    "intra42-client-secret" "s-s4t2ud-"
    "intra42-client-secret-af" "s-s4t2af-"
    "sourcegraph-gateway-token" "sgd_"
    "sourcegraph-handler-token" "sgph_"
    "sourcegraph-license-token" "slk_"
    "sourcegraph-subscription-token" "sgs_" (Hex[64])
    "ionic-personal-access-token" "ion_" (Alphanumeric[42])
    "jetbrains-permanent-token" "perm:"
    "jetbrains-permanent-token-dash" "perm-" (Base64[4..] "." Base64[2..] "." Alphanumeric[20..=40])
    "jina-api-key" "jina_"
    "modrinth-personal-access-token" "mrp_" (Alphanumeric[60])
    "jsr-device-token" "jsrd_"
    "jsr-personal-token" "jsrp_" (Alphanumeric[24..=80])
    "k3s-server-token" "K10" (LowerHex[64] "::" And("-_:")[8..])
    "klarna-api-key-live" "klarna_live_api_"
    "klarna-api-key-test" "klarna_test_api_"
    "neptune-api-token" "eyJhcGlfYWRkcmVzcyI6"
    "workos-live-key" "sk_live_a2V5"
    "workos-test-key" "sk_test_a2V5" (Base64[60..])
    "klaviyo-private-key" "pk_" (LowerDigits[34])
    "lambda-cloud-key" "secret_" (Dashed[1..=60] "_" LowerHex[32] "." Alphanumeric[32])
    "langsmith-personal-token" "lsv2_pt_"
    "langsmith-service-key" "lsv2_sk_" (LowerHex[32] "_" LowerHex[10])
    "launchdarkly-access-token" "api-"
    "launchdarkly-sdk-key" "sdk-" (UUID_V4)
    "lichess-oauth-token" "lio_"
    "lichess-personal-token" "lip_" (Alphanumeric[16..=60])
    "linear-api-key" "lin_api_"
    "mem0-api-key" "m0-" (Alphanumeric[40])
    "linear-oauth-token" "lin_oauth_" (Alphanumeric[40..=64])
    "linear-webhook-secret" "lin_wh_"
    "sumup-secret-key" "sup_sk_" (Alphanumeric[30..=64])
    "linkedin-client-secret" "WPL_AP1." (And("+/=.")[16..=60])
    "llama-cloud-api-key" "llx-" (Alphanumeric[44..=52])
    "lob-live-key" "live_"
    "lob-test-key" "test_" (LowerHex[35])
    "lob-live-publishable-key" "live_pub_"
    "lob-test-publishable-key" "test_pub_" (LowerHex[31])
    "logicmonitor-bearer-token" "lmb_" (Base64[40..])
    "mailchimp-api-key" "-us" (LowerHex[32] _ Digits[1..=2])
    "mailersend-api-token" "mlsn." (Alphanumeric[30..=100])
    "mandrill-api-key" "md-" (Base64Url[22])
    "mapbox-public-token" "pk.eyJ"
    "mapbox-secret-token" "sk.eyJ"
    "mapbox-temporary-token" "tk.eyJ" (Base64Url[20..] "." Base64Url[20..=24])
    "mapbox-public-token-short" "pk." (Alphanumeric[60] "." Alphanumeric[22])
    "mapillary-client-token" "MLY|" (Digits[10..=20] "|" LowerHex[32])
    "matrix-mas-access-token" "mct_"
    "matrix-mas-refresh-token" "mcr_" (Alphanumeric[30] "_" Alphanumeric[6])
    "matrix-synapse-refresh-token" "syr_"
    "matrix-synapse-token" "syt_" (And("+/=")[2..=200] "_" Alphanumeric[20] "_" Alphanumeric[6])
    "mercadopago-access-token" "APP_USR-" (Digits[12..=20] "-" Digits[6] "-" LowerHex[32] "-" Digits[5..=12])
    "mercury-production-token" "mercury_production_"
    "mercury-sandbox-token" "mercury_sandbox_" (Lower[3..=6] "_" Alphanumeric[40..=50] "_yrucrem")
    "mergify-application-key" "mergify_application_key_"
    "pinterest-access-token" "pina_"
    "pinterest-refresh-token" "pinr_" (Base64Url[40..=200])
    "metabase-api-key" "mb_" (Base64[44])
    "midtrans-sandbox-server-key" "SB-Mid-server-"
    "midtrans-server-key" "Mid-server-" (Base64Url[16..=32])
    "miro-access-token" "eyJtaXJv" (Base64Url[40..=140])
    "mollie-live-key" "live_"
    "mollie-test-key" "test_"
    "redirect-pizza-token" "rpa_" (Alphanumeric[30])
    "mongodb-atlas-service-account-secret" "mdb_sa_sk_" (Base64Url[40])
    "n8n-api-key" "n8n_api_" (LowerHex[40..=96])
    "netlify-build-token" "nfb_"
    "netlify-cli-token" "nfc_"
    "netlify-oauth-token" "nfo_"
    "netlify-personal-token" "nfp_"
    "netlify-ui-token" "nfu_" (Alphanumeric[36..=48])
    "new-relic-admin-key" "NRAA-" (LowerHex[27])
    "new-relic-browser-key" "NRBR-"
    "new-relic-browser-license-key" "NRJS-" (LowerHex[19])
    "new-relic-license-key" "FFFFNRAL" (LowerDigits[32] _)
    "new-relic-rest-key" "NRRA-" (LowerHex[42])
    "new-relic-synthetics-key" "NRSP-" (LowerDigits[35..=40])
    "new-relic-user-key" "NRAK-" (Alphanumeric[27])
    "nostr-private-key" "nsec1" (LowerDigits[58])
    "notion-integration-token" "ntn_" (Alphanumeric[43..=50])
    "notion-integration-token-legacy" "secret_"
    "polar-access-token" "polar_at_u_"
    "polar-authorization-code" "polar_ac_"
    "polar-organization-token" "polar_oat_"
    "polar-personal-token" "polar_pat_"
    "polar-refresh-token" "polar_rt_u_"
    "statsig-console-key" "console-"
    "statsig-server-key" "secret-" (Alphanumeric[43])
    "ntfy-access-token" "tk_" (LowerDigits[29])
    "nuget-api-key" "oy2" (LowerDigits[43])
    "nvidia-api-key" "nvapi-" (Base64Url[60..=70])
    "nylas-api-key" "nyk_" (Word[40..=80])
    "octopus-deploy-api-key" "API-" (UpperDigits[25..=32])
    "oculus-access-token" "OC|" (Digits[10..=20] "|" Alphanumeric[20..=48])
    "omise-secret-key" "skey_"
    "omise-test-secret-key" "skey_test_" (LowerDigits[19])
    "onesignal-app-key" "os_v2_app_"
    "onesignal-organization-key" "os_v2_org_" (LowerDigits[90..=110])
    "onfido-live-token" "api_live."
    "onfido-live-token-ca" "api_live_ca."
    "onfido-live-token-eu" "api_live_eu."
    "onfido-live-token-us" "api_live_us."
    "onfido-sandbox-token" "api_sandbox." (Base64Url[20..=80])
    "packagist-api-key" "packagist_ack_"
    "packagist-api-secret" "packagist_acs_"
    "packagist-conductor-update-token" "packagist_cut_"
    "packagist-organization-read-token" "packagist_ort_"
    "packagist-organization-update-token" "packagist_out_"
    "packagist-user-update-token" "packagist_uut_" (LowerHex[28..=96])
    "paddle-live-key" "pdl_live_apikey_"
    "paddle-sandbox-key" "pdl_sdbx_apikey_" (LowerDigits[26] "_" Alphanumeric[22] "_" Alphanumeric[3])
    "paddle-notification-secret" "pdl_ntfset_" (LowerDigits[26] "_" And("+/")[32])
    "pagarme-live-key" "ak_live_"
    "pagarme-test-key" "ak_test_" (Alphanumeric[28..=34])
    "pagerduty-oauth-token" "pdus+_" (Alphanumeric[8] "_" LowerHex[8] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[4] "-" LowerHex[12])
    "pagerduty-user-token" "u+" (And("_+-")[18])
    "paseto-v2-local" "v2.local."
    "paseto-v2-public" "v2.public."
    "paseto-v4-local" "v4.local."
    "paseto-v4-public" "v4.public." (Base64Url[64..])
    "paypal-braintree-production-token" "access_token$production$"
    "paypal-braintree-sandbox-token" "access_token$sandbox$" (LowerDigits[16] "$" LowerHex[32])
    "pem-base64-ec" "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW"
    "pem-base64-encrypted" "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV"
    "pem-base64-openssh" "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ"
    "pem-base64-pkcs8" "LS0tLS1CRUdJTiBQUklWQVRFIEtFW"
    "pem-base64-rsa" "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV" (Base64[24..])
    "persona-production-key" "persona_production_"
    "persona-sandbox-key" "persona_sandbox_" (And("_-")[20..=80])
    "phabricator-conduit-certificate" "cli-"
    "phabricator-conduit-token" "api-" (LowerDigits[28])
    "pinecone-api-key" "pcsk_" (Alphanumeric[5..=6] "_" Alphanumeric[63])
    "planetscale-oauth-token" "pscale_oauth_"
    "planetscale-password" "pscale_pw_"
    "planetscale-service-token" "pscale_tkn_" (And("-_.=")[32..=64])
    "portainer-access-token" "ptr_" (And("+/=_-")[40..=60])
    "posthog-feature-flags-key" "phs_"
    "posthog-personal-key" "phx_"
    "posthog-project-key" "phc_"
    "pydantic-logfire-token-eu" "pylf_v1_eu_"
    "pydantic-logfire-token-us" "pylf_v1_us_" (Alphanumeric[40..=60])
    "postman-api-key" "PMAK-" (Hex[24] "-" Hex[34])
    "postman-collection-key" "PMAT-" (UpperDigits[26])
    "proof-api-key" "prf_" (Base64Url[32..=80])
    "pubnub-secret-key" "sec-c-" (Base64[40..=60])
    "pypi-test-upload-token" "pypi-AgEN"
    "pypi-upload-token" "pypi-AgEI" (Base64Url[50..])
    "pyx-api-token-v2" "sk-pyx-2" (Letters[45])
    "rancher-api-token" "token-" (LowerDigits[5] ":" LowerDigits[54])
    "rancher-kubeconfig-token" "kubeconfig-" (Dashed[3..=40] ":" LowerDigits[54])
    "razorpay-live-key" "rzp_live_"
    "razorpay-test-key" "rzp_test_" (Alphanumeric[14])
    "readme-api-key" "rdme_" (LowerDigits[70])
    "render-api-key" "rnd_" (Alphanumeric[28..=32])
    "replicate-api-token" "r8_" (Alphanumeric[37])
    "resend-api-key" "re_" (Alphanumeric[8] "_" Alphanumeric[24])
    "retell-api-key" "key_" (LowerHex[28])
    "retool-api-key" "retool_01" (LowerDigits[20..])
    "rfc8959-secret-token" "secret-token:" (And("-._~%+=:/")[20..])
    "runpod-api-key" "rpa_" (Alphanumeric[46])
    "runway-api-key" "key_" (LowerHex[128])
    "saladcloud-api-key" "salad_cloud_" (Alphanumeric[1..=40] "_" Alphanumeric[20..=235])
    "salesforce-access-token" "00D" (Alphanumeric[12..=15] "!" And("._")[60..=260])
    "salesforce-refresh-token" "5Aep861" (And("._")[60..])
    "samsara-api-token" "samsara_api_" (Alphanumeric[26..=32])
    "scalingo-api-token" "tk-us-" (Base64Url[48])
    "sendgrid-api-key" "SG." (Base64Url[22] "." Base64Url[43])
    "sentry-organization-token" "sntrys_eyJ" (Base64[40..] "_" And("+/")[43])
    "settlemint-application-access-token" "sm_aat_"
    "settlemint-personal-access-token" "sm_pat_"
    "settlemint-service-access-token" "sm_sat_" (Alphanumeric[16])
    "shippo-live-token" "shippo_live_"
    "shippo-test-token" "shippo_test_"
    "sourcegraph-access-token" "sgp_"
    "sourcegraph-access-token-v3-local" "sgp_local_" (Hex[40])
    "shopify-access-token" "shpat_"
    "shopify-custom-app-token" "shpca_"
    "shopify-partner-api-token" "prtapi_"
    "shopify-private-app-token" "shppa_"
    "shopify-shared-secret" "shpss_"
    "shopify-theme-access-password" "shptka_"
    "twilio-api-key" "SK" (Hex[32])
    "sindri-api-key" "sindri_" (Word[30..])
    "slack-app-token" "xapp-" (Digits[1..=3] "-" Alphanumeric[9..=20] "-" Digits[10..=20] "-" Alphanumeric[32..=80])
    "slack-bot-token" "xoxb-" (Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[18..=34])
    "slack-bot-token-legacy" "xoxb-" (Digits[8..=14] "-" Alphanumeric[18..=34])
    "slack-configuration-refresh-token" "xoxe-" (Digits[1..=2] "-" Alphanumeric[140..=170])
    "slack-configuration-token" "xoxe.xoxp-"
    "slack-rotated-bot-token" "xoxe.xoxb-" (Digits[1..=2] "-" Alphanumeric[140..=180])
    "slack-export-token" "xoxe-" (Digits[8..=14] "-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[28..=34])
    "slack-legacy-token-o" "xoxo-"
    "slack-legacy-token-s" "xoxs-" (Digits[6..=14] "-" Digits[6..=14] "-" Digits[6..=14] "-" Hex[10..=64])
    "slack-session-cookie" "xoxd-" (And("+/%=-")[80..])
    "slack-session-token" "xoxc-" (Digits[8..=15] "-" Digits[8..=15] "-" Digits[8..=15] "-" LowerHex[64])
    "slack-user-token" "xoxp-" (Digits[8..=14] "-" Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[24..=36])
    "slack-user-token-short" "xoxp-" (Digits[8..=14] "-" Digits[8..=14] "-" Alphanumeric[18..=36])
    "slack-workflow-token" "xwfp-" (Digits[8..=15] "-" Digits[8..=15] "-" Alphanumeric[18..=36])
    "slack-workspace-access-token" "xoxa-"
    "slack-workspace-refresh-token" "xoxr-" (Digits[1..=14] "-" Dashed[8..=80])
    "slack-workspace-access-token-plain" "xoxa-"
    "slack-workspace-refresh-token-plain" "xoxr-" (Alphanumeric[8..=48])
    "smtp2go-api-key" "api-" (UpperHex[32])
    "snyk-personal-access-token" "snyk_uat."
    "snyk-service-account-token" "snyk_sat." (LowerDigits[8] "." Base64Url[8..] "." Base64Url[8..])
    "sourcegraph-access-token-v3" "sgp_" (Hex[16] "_" Hex[40])
    "square-access-token" "sq0atp-"
    "square-sandbox-access-token" "sandbox-sq0atb-" (Base64Url[22..=60])
    "square-application-secret" "sq0csp-"
    "square-sandbox-application-secret" "sandbox-sq0csb-" (Base64Url[43..=60])
    "square-oauth-token" "EAAA" (Base64Url[60])
    "stackhawk-api-key" "hawk." (Base64Url[20] "." Base64Url[20])
    "stripe-live-ephemeral-key" "ek_live_"
    "stripe-live-key" "sk_live_"
    "stripe-live-restricted-key" "rk_live_"
    "stripe-production-restricted-key" "rk_prod_"
    "stripe-test-ephemeral-key" "ek_test_"
    "stripe-test-key" "sk_test_"
    "stripe-test-restricted-key" "rk_test_" (Alphanumeric[16..])
    "stripe-webhook-secret" "whsec_" (Base64[24..=90])
    "stytch-live-secret" "secret-live-"
    "stytch-test-secret" "secret-test-" (And("-_=")[36..=52])
    "sui-private-key" "suiprivkey1" (LowerDigits[57..=61])
    "supabase-secret-key" "sb_secret_" (Base64Url[31])
    "tailscale-api-key" "tskey-api-"
    "tailscale-auth-key" "tskey-auth-"
    "tailscale-client-key" "tskey-client-"
    "tailscale-scim-key" "tskey-scim-"
    "tailscale-webhook-key" "tskey-webhook-" (Dashed[20..])
    "tatum-api-key" "t-" (LowerHex[24] "-" LowerHex[24])
    "tavily-development-key" "tvly-dev-" (Base64Url[32..=64])
    "telegram-bot-token" ":AA" (Digits[8..=10] _ Base64Url[33])
    "telnyx-api-key" "KEY" (UpperHex[32] "_" Alphanumeric[22])
    "terraform-cloud-token" ".atlasv1." (Alphanumeric[14] _ And("_=-")[60..=70])
    "thunderstore-api-token" "tss_"
    "val-town-api-token" "vtwn_" (Alphanumeric[20..=80])
    "tinkoff-invest-token" "t." (Base64Url[86])
    "tinybird-token" "p.eyJ" (Base64Url[20..] "." Base64Url[20..])
    "trello-token" "ATTA" (Hex[72])
    "trufflehog-enterprise-key" "thog-key-" (LowerHex[16])
    "twitch-chat-token" "oauth:" (LowerDigits[30])
    "twitter-bearer-token" "AAAAAAAAAAAAAAAAAAAAA" (And("%")[60..=120])
    "typeform-access-token" "tfp_" (And("-_.=")[55..=65])
    "upcloud-api-token" "ucat_" (Alphanumeric[24..=32])
    "vercel-ai-gateway-key" "vck_"
    "vercel-app-access-token" "vca_"
    "vercel-app-refresh-token" "vcr_"
    "vercel-integration-token" "vci_"
    "vercel-personal-access-token" "vcp_" (Base64Url[24..=64])
    "vercel-blob-token" "vercel_blob_rw_" (Alphanumeric[16] "_" Alphanumeric[30])
    "voiceflow-api-key" "VF."
    "voiceflow-dialog-manager-key" "VF.DM."
    "voiceflow-workspace-key" "VF.WS." (Hex[24] "." Alphanumeric[16])
    "volcengine-access-key" "AKLT" (Base64Url[20..=64])
    "wakatime-api-key" "waka_" (Dashed[36..=64])
    "weights-and-biases-api-key" "wandb_v1_" (Word[60..=90])
    "xai-api-key" "xai-" (Base64Url[70..=120])
    "xata-api-key" "xau_" (Alphanumeric[32..=48])
    "xendit-development-key" "xnd_development_"
    "xendit-production-key" "xnd_production_" (Alphanumeric[50..=80])
    "yandex-api-key" "AQVN" (Base64Url[35..=38])
    "yandex-iam-token" "t1." (And("-_=")[1..] "." And("-_=")[86..=88])
    "yandex-oauth-token" "y0_Ag"
    "yandex-oauth-token-2" "y0__" (Base64Url[48..=80])
    "yandex-static-key" "YC" (Base64Url[38])
    "zoho-oauth-token" "1000."
    "zoho-zapi-key" "1001." (LowerHex[32] "." LowerHex[32])
    "zuplo-api-key" "zpka_" (LowerDigits[32] "_" LowerHex[8])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::TOKENS;
    use crate::Redactor;
    use crate::rules::examples::{Examples, examples};
    use crate::rules::format::Alphabet::Around;
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
}
