//! The formats of vendors' tokens.

use std::iter;
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
        $($id:literal $prefix:literal)+ ($($shape:tt)+)
    )*) => {
        /// One row for each documented format. Rows with the same parts stand together, sorted by id, and write the parts
        /// once, after the last of them. The order has no effect on the match that wins, see `vendor::best`.
        ///
        /// Where sources differ about the length, a row accepts every documented length. Rows with a long prefix share a
        /// wider range or an alphabet with the signs between their parts, because their prefixes identify them. With a
        /// prefix of two or three bytes, a row has an exact length, several parts or at least 80 bytes, because words
        /// begin like this, too.
        pub(crate) static TOKENS: LazyLock<Vec<TokenFormat>> = LazyLock::new(|| {
            let mut texts = TEXTS.iter();
            let format = |&(body, length): &Shape| {
                let id = texts.next()?;
                let prefix = texts.next()?;
                Some(TokenFormat { id, prefix, body, length })
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
    "1password-secret-key" "A3-" (UPPER_DIGITS[6] "-" DASHED[29..=34])
    "1password-service-account-token" "ops_eyJ"
    "aws-bedrock-short-term-api-key" "bedrock-api-key-"
    "aws-session-token" "IQoJb3JpZ2luX2Vj"
    "aws-session-token-fwo" "FwoGZXIvYXdz"
    "devin-personal-api-key" "apk_user_"
    "devin-service-api-key" "apk_"
    "fly-macaroon-2" "fm2_"
    "fly-macaroon-a" "fm1a_"
    "fly-macaroon-r" "fm1r_"
    "klarna-api-key-live" "klarna_live_api_"
    "klarna-api-key-test" "klarna_test_api_"
    "neptune-api-token" "eyJhcGlfYWRkcmVzcyI6"
    "workos-live-key" "sk_live_a2V5"
    "workos-test-key" "sk_test_a2V5" (BASE64[60..])
    "adafruit-io-key" "aio_"
    "aikido-ci-token" "AIK_CI_"
    "aikido-client-secret" "AIK_SECRET_"
    "alibaba-sts-access-key" "STS."
    "apify-api-token" "apify_api_"
    "apify-proxy-password" "apify_proxy_"
    "apify-ui-token" "apify_ui_"
    "artifactory-api-key" "AKCp"
    "baidu-access-key" "ALTAK"
    "bitcoin-extended-private-key" "xprv"
    "bitcoin-extended-private-key-testnet" "tprv"
    "bitcoin-extended-private-key-y" "yprv"
    "bitcoin-extended-private-key-z" "zprv"
    "brex-user-token" "bxt_"
    "chief-tools-access-token" "cto_"
    "chief-tools-personal-access-token" "ctp_"
    "chief-tools-refresh-token" "ctr_"
    "cloudsmith-api-key" "csa_"
    "coralogix-personal-key" "cxup_"
    "coralogix-team-key" "cxtp_"
    "covalent-api-key" "cqt_"
    "coze-personal-token" "pat_"
    "datadog-application-key" "ddapp_"
    "deno-organization-token" "ddo_"
    "deno-personal-token" "ddp_"
    "dependency-track-api-key" "odt_"
    "dnsimple-account-token" "dnsimple_a_"
    "dnsimple-user-token" "dnsimple_u_"
    "doppler-audit-token" "dp.audit."
    "doppler-cli-token" "dp.ct."
    "doppler-personal-token" "dp.pt."
    "doppler-scim-token" "dp.scim."
    "doppler-service-account-token" "dp.sa."
    "doppler-service-token-plain" "dp.st."
    "dvc-studio-token" "isat_"
    "easypost-api-key" "EZAK"
    "easypost-test-api-key" "EZTK"
    "fleetbase-live-key" "flb_live_"
    "gitbook-api-token" "gb_api_"
    "github-app-installation-token" "ghs_"
    "github-app-refresh-token" "ghr_"
    "github-app-user-token" "ghu_"
    "github-oauth-token" "gho_"
    "github-personal-access-token" "ghp_"
    "groq-api-key" "gsk_"
    "hex-personal-token" "hxtp_"
    "hex-workspace-token" "hxtw_"
    "ionic-personal-access-token" "ion_"
    "jina-api-key" "jina_"
    "jsr-device-token" "jsrd_"
    "jsr-personal-token" "jsrp_"
    "kong-personal-access-token" "kpat_"
    "kong-system-access-token" "spat_"
    "lightdash-personal-access-token" "ldpat_"
    "linear-api-key" "lin_api_"
    "linear-oauth-token" "lin_oauth_"
    "linear-webhook-secret" "lin_wh_"
    "llama-cloud-api-key" "llx-"
    "mailersend-api-token" "mlsn."
    "modrinth-personal-access-token" "mrp_"
    "neon-api-key" "napi_"
    "netbird-personal-access-token" "nbp_"
    "netlify-build-token" "nfb_"
    "netlify-cli-token" "nfc_"
    "netlify-oauth-token" "nfo_"
    "netlify-personal-token" "nfp_"
    "netlify-ui-token" "nfu_"
    "new-relic-user-key" "NRAK-"
    "notion-integration-token" "ntn_"
    "npm-access-token" "npm_"
    "pagarme-live-key" "ak_live_"
    "pagarme-test-key" "ak_test_"
    "posthog-feature-flags-key" "phs_"
    "posthog-personal-key" "phx_"
    "posthog-project-key" "phc_"
    "prefect-service-key" "pnb_"
    "prefect-user-key" "pnu_"
    "pydantic-logfire-token-eu" "pylf_v1_eu_"
    "pydantic-logfire-token-us" "pylf_v1_us_"
    "pyx-api-token" "sk-pyx-"
    "render-api-key" "rnd_"
    "rill-service-token" "rill_svc_"
    "rill-user-token" "rill_usr_"
    "runpod-api-key" "rpa_"
    "samsara-api-token" "samsara_api_"
    "sumup-secret-key" "sup_sk_"
    "thunderstore-api-token" "tss_"
    "toss-payments-live-key" "live_sk_"
    "toss-payments-live-widget-key" "live_gsk_"
    "toss-payments-test-key" "test_sk_"
    "toss-payments-test-widget-key" "test_gsk_"
    "trigger-development-key" "tr_dev_"
    "trigger-personal-access-token" "tr_pat_"
    "trigger-preview-key" "tr_preview_"
    "trigger-production-key" "tr_prod_"
    "trigger-staging-key" "tr_stg_"
    "ubidots-token" "BBFF-"
    "ubidots-token-us" "BBUS-"
    "unkey-root-key" "unkey_"
    "upcloud-api-token" "ucat_"
    "val-town-api-token" "vtwn_"
    "wompi-production-private-key" "prv_prod_"
    "wompi-test-private-key" "prv_test_"
    "xata-api-key" "xau_"
    "xendit-development-key" "xnd_development_"
    "xendit-production-key" "xnd_production_" (ALPHANUMERIC[20..=248])
    "adobe-client-secret" "p8e-"
    "bitrise-workspace-token" "bitwat_"
    "browserbase-api-key" "bb_live_"
    "buildkite-agent-access-token" "bkaa_"
    "buildkite-agent-registration-token" "bkar_"
    "buildkite-cluster-token" "bkct_"
    "buildkite-portal-secret" "bkps_"
    "buildkite-portal-token" "bkpat_"
    "canva-client-secret" "cnvca"
    "cloudflare-turnstile-secret" "0x4AAAAAA"
    "codesandbox-api-token" "csb_v1_"
    "dbt-cloud-service-token" "dbtc_"
    "dbt-cloud-user-token" "dbtu_"
    "docker-organization-access-token" "dckr_oat_"
    "docker-personal-access-token" "dckr_pat_"
    "figma-personal-access-token" "figd_"
    "gc-notify-api-key" "gcntfy-"
    "gitlab-agent-token" "glagent-"
    "gitlab-deploy-token" "gldt-"
    "gitlab-feature-flags-token" "glffct-"
    "gitlab-feed-token" "glft-"
    "gitlab-incoming-mail-token" "glimt-"
    "gitlab-oauth-application-secret" "gloas-"
    "gitlab-personal-access-token" "glpat-"
    "gitlab-runner-registered-token" "glrtr-"
    "gitlab-runner-registration-token" "GR1348941"
    "gitlab-runner-token" "glrt-"
    "gitlab-scim-token" "glsoat-"
    "gitlab-workspace-token" "glwt-"
    "google-api-key" "AIza"
    "google-gemini-key" "AQ.Ab8"
    "google-oauth-refresh-token" "1//0"
    "headscale-api-key" "hskey-api-"
    "headscale-auth-key" "hskey-auth-"
    "heroku-api-key" "HRKU-AA"
    "inngest-api-key" "sk-inn-api-"
    "kubernetes-websocket-token" "base64url.bearer.authorization.k8s.io."
    "liveblocks-development-key" "sk_dev_"
    "liveblocks-production-key" "sk_prod_"
    "mergify-application-key" "mergify_application_key_"
    "miro-access-token" "eyJtaXJv"
    "mongodb-atlas-service-account-secret" "mdb_sa_sk_"
    "new-relic-insert-key" "NRII-"
    "new-relic-query-key" "NRIQ-"
    "nvidia-api-key" "nvapi-"
    "onfido-live-token" "api_live."
    "onfido-live-token-ca" "api_live_ca."
    "onfido-live-token-eu" "api_live_eu."
    "onfido-live-token-us" "api_live_us."
    "onfido-sandbox-token" "api_sandbox."
    "openai-admin-key" "sk-admin-"
    "openai-project-key" "sk-proj-"
    "openai-service-account-key" "sk-svcacct-"
    "ory-access-token" "ory_at_"
    "ory-personal-access-token" "ory_pat_"
    "ory-refresh-token" "ory_rt_"
    "ory-session-token" "ory_st_"
    "persona-production-key" "persona_production_"
    "persona-sandbox-key" "persona_sandbox_"
    "pinterest-access-token" "pina_"
    "pinterest-refresh-token" "pinr_"
    "proof-api-key" "prf_"
    "pypi-test-upload-token" "pypi-AgEN"
    "pypi-upload-token" "pypi-AgEI"
    "scalingo-api-token" "tk-us-"
    "socket-api-token" "sktsec_"
    "sonarqube-organization-token" "sqco_"
    "square-access-token" "sq0atp-"
    "square-application-secret" "sq0csp-"
    "square-sandbox-access-token" "sandbox-sq0atb-"
    "square-sandbox-application-secret" "sandbox-sq0csb-"
    "supabase-secret-key" "sb_secret_"
    "tavily-development-key" "tvly-dev-"
    "vault-recovery-token" "hvr."
    "vault-service-token" "hvs."
    "vercel-ai-gateway-key" "vck_"
    "vercel-app-access-token" "vca_"
    "vercel-app-refresh-token" "vcr_"
    "vercel-integration-token" "vci_"
    "vercel-personal-access-token" "vcp_"
    "volcengine-access-key" "AKLT"
    "xai-api-key" "xai-"
    "yandex-api-key" "AQVN"
    "yandex-oauth-token" "y0_Ag"
    "yandex-oauth-token-2" "y0__" (BASE64_URL[20..])
    "adyen-api-key" "AQE" (BASE64_OF_BOTH[80..])
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
    "postgres-hash-md5" "md5"
    "quicknode-api-key" "QN_"
    "reepay-private-key" "priv_"
    "trufflehog-enterprise-secret" "thog-secret-"
    "windows-hash" "aad3b435b51404eeaad3b435b51404ee:" (LOWER_HEX[32])
    "age-secret-key" "AGE-SECRET-KEY-1"
    "age-secret-key-post-quantum" "AGE-SECRET-KEY-PQ-1"
    "google-cloud-storage-hmac-key" "GOOG1E" (UPPER_DIGITS[57..])
    "airtable-personal-access-token" "pat" (ALPHANUMERIC[14] "." LOWER_HEX[64])
    "aiven-service-password" "AVNS_"
    "midtrans-sandbox-server-key" "SB-Mid-server-"
    "midtrans-server-key" "Mid-server-" (BASE64_URL[16..=32])
    "akamai-edgegrid-token" "akab-"
    "brevo-api-key" "xkeysib-"
    "brevo-smtp-key" "xsmtpsib-"
    "docker-swarm-join-token" "SWMTKN-1-"
    "helicone-api-key" "sk-helicone-"
    "mercadopago-access-token" "APP_USR-"
    "postman-api-key" "PMAK-"
    "tailscale-api-key" "tskey-api-"
    "tailscale-auth-key" "tskey-auth-"
    "tailscale-client-key" "tskey-client-"
    "tailscale-scim-key" "tskey-scim-"
    "tailscale-webhook-key" "tskey-webhook-"
    "wakatime-api-key" "waka_" (DASHED[20..])
    "alibaba-access-key" "LTAI"
    "flutterwave-encryption-key-test" "FLWSECK_TEST"
    "razorpay-live-key" "rzp_live_"
    "razorpay-test-key" "rzp_test_" (ALPHANUMERIC[12..=20])
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
    "sentry-user-token" "sntryu_" (LOWER_HEX[64])
    "amazon-marketplace-token" "amzn.mws."
    "axiom-api-token" "xaat-"
    "axiom-personal-token" "xapt-"
    "checkout-secret-key" "sk_"
    "checkout-secret-key-test" "sk_test_"
    "heroku-api-key-uuid" "HRKU-"
    "langfuse-secret-key" "sk-lf-"
    "launchdarkly-access-token" "api-"
    "launchdarkly-sdk-key" "sdk-"
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
    "buildkite-agent-job-token" "bkaj_"
    "buildkite-packages-token" "bkpt_"
    "discord-mfa-token" "mfa."
    "instagram-access-token" "IGQV"
    "instagram-login-token" "IGAA"
    "minimax-api-key" "sk-api-"
    "threads-access-token" "THAA"
    "vault-batch-token" "hvb."
    "vk-access-token" "vk1.a." (BASE64_URL[80..])
    "arcjet-key" "ajkey_"
    "buildkite-api-token" "bkua_"
    "cerebras-api-key" "csk-"
    "clojars-deploy-token" "CLOJARS_"
    "devin-service-user-token" "cog_"
    "honeycomb-classic-ingest-key" "hcaic_"
    "honeycomb-ingest-key" "hcaik_"
    "honeycomb-ingest-key-x" "hcxik_"
    "new-relic-synthetics-key" "NRSP-"
    "nostr-private-key" "nsec1"
    "onesignal-app-key" "os_v2_app_"
    "onesignal-organization-key" "os_v2_org_"
    "readme-api-key" "rdme_"
    "retool-api-key" "retool_01"
    "sui-private-key" "suiprivkey1" (LOWER_DIGITS[20..=110])
    "artifactory-reference-token" "cmVmd" (ALPHANUMERIC[59])
    "asaas-api-key" "$aact_"
    "configcat-sdk-key" "configcat-sdk-1/"
    "datastax-astra-token" "AstraCS:"
    "paypal-braintree-production-token" "access_token$production$"
    "paypal-braintree-sandbox-token" "access_token$sandbox$"
    "rfc8959-secret-token" "secret-token:"
    "scram-hash-sha256" "SCRAM-SHA-256$"
    "slack-session-cookie" "xoxd-" (URI[20..])
    "asana-access-token" "1/" (DIGITS[14..=17] ":" LOWER_HEX[32])
    "asana-access-token-2" "2/" (DIGITS[14..=17] "/" DIGITS[14..=17] ":" LOWER_HEX[32])
    "atlassian-access-token" "ATCTT3"
    "atlassian-api-token" "ATATT3"
    "defined-networking-api-token" "dnkey-"
    "duffel-live-token" "duffel_live_"
    "duffel-test-token" "duffel_test_"
    "elastic-cloud-api-key" "essu_"
    "frame-io-developer-token" "fio-u-"
    "stytch-live-secret" "secret-live-"
    "stytch-test-secret" "secret-test-" (BASE64_URL_PADDED[36..=260])
    "atlassian-bitbucket-app-password" "ATBB"
    "blockfrost-mainnet-project" "mainnet"
    "blockfrost-preprod-project" "preprod"
    "crates-io-token" "cio"
    "infracost-api-key" "ico-"
    "nightfall-api-key" "NF-"
    "pushbullet-access-token" "o."
    "tavily-api-key" "tvly-"
    "tencent-access-key" "AKID" (ALPHANUMERIC[32])
    "atlassian-hash" "{PKCS5S2}"
    "bcrypt-hash-2a" "$2a$"
    "bcrypt-hash-2b" "$2b$"
    "bcrypt-hash-2y" "$2y$"
    "crypt-hash-apr1" "$apr1$"
    "crypt-hash-argon2" "$argon2id$"
    "crypt-hash-argon2i" "$argon2i$"
    "crypt-hash-authme" "$SHA$"
    "crypt-hash-cisco-8" "$8$"
    "crypt-hash-cisco-9" "$9$"
    "crypt-hash-drupal" "$S$"
    "crypt-hash-md5" "$1$"
    "crypt-hash-pbkdf2-sha256" "$pbkdf2-sha256$"
    "crypt-hash-pbkdf2-sha512" "$pbkdf2-sha512$"
    "crypt-hash-phpass" "$P$"
    "crypt-hash-sha256" "$5$"
    "crypt-hash-sha512" "$6$"
    "crypt-hash-yescrypt" "$y$"
    "django-hash-pbkdf2" "pbkdf2_sha256$"
    "ldap-hash-salted-sha" "{SSHA}"
    "ldap-hash-salted-sha256" "{SSHA256}"
    "ldap-hash-salted-sha512" "{SSHA512}"
    "ldap-hash-sha" "{SHA}"
    "werkzeug-hash-pbkdf2" "pbkdf2:sha256:"
    "werkzeug-hash-scrypt" "scrypt:32768:8:1$" (CRYPT[20..])
    "atlassian-oauth-client-secret" "ATOA" (BASE64_URL_PADDED[60..])
    "authress-access-key" "authress_"
    "authress-access-key-ext" "ext_"
    "authress-access-key-sc" "sc_"
    "authress-access-key-scauth" "scauth_" (ALPHANUMERIC[5..=30] "." ALPHANUMERIC[4..=6] ".acc" URI[42..])
    "aws-access-key-a3t" "A3T"
    "scaleway-access-key" "SCW" (UPPER_DIGITS[17])
    "aws-access-key-abia" "ABIA"
    "aws-access-key-acca" "ACCA"
    "aws-access-key-akia" "AKIA"
    "aws-access-key-asia" "ASIA"
    "digitalocean-spaces-key" "DO00" (UPPER_DIGITS[16])
    "aws-bedrock-api-key" "ABSK"
    "grafana-api-key" "eyJrIjoi"
    "imagekit-private-key" "private_"
    "pubnub-secret-key" "sec-c-"
    "stripe-webhook-secret" "whsec_" (BASE64[24..=400])
    "azure-client-secret" "8Q~"
    "azure-client-secret-7" "7Q~" (TILDES[3] _ UNRESERVED[31..=34])
    "backblaze-application-key" "K00" (BASE64_UNPADDED[28])
    "beamer-api-key" "b_" (BASE64_URL_PADDED[44])
    "bitwarden-secrets-manager-token" "0." (LOWER_HEX[8] "-" DASHED[27] "." ALPHANUMERIC[30] ":" BASE64[24])
    "block-protocol-api-key" "b10ck5."
    "voiceflow-api-key" "VF."
    "voiceflow-dialog-manager-key" "VF.DM."
    "voiceflow-workspace-key" "VF.WS." (ALPHANUMERIC[20..=32] "." ALPHANUMERIC[16..])
    "brave-search-api-key" "BSA"
    "google-oauth-client-secret" "GOCSPX-" (BASE64_URL[28])
    "cartesia-api-key" "sk_car_"
    "cfx-server-key" "cfxk_"
    "devcycle-server-key" "dvc_server_"
    "mercury-production-token" "mercury_production_"
    "mercury-sandbox-token" "mercury_sandbox_"
    "nylas-api-key" "nyk_"
    "pinecone-api-key" "pcsk_"
    "saladcloud-api-key" "salad_cloud_"
    "sindri-api-key" "sindri_"
    "stripe-organization-key" "sk_org_"
    "weights-and-biases-api-key" "wandb_v1_" (WORD[20..])
    "cashfree-client-secret" "cfsk_ma_prod_"
    "cashfree-client-secret-test" "cfsk_ma_test_"
    "circleci-personal-token" "CCIPAT_"
    "circleci-project-token" "CCIPRJ_"
    "cockroach-cloud-api-key" "CCDB1_"
    "github-fine-grained-token" "github_pat_"
    "grafana-service-account-token" "glsa_"
    "langsmith-personal-token" "lsv2_pt_"
    "langsmith-service-key" "lsv2_sk_"
    "matrix-mas-access-token" "mct_"
    "matrix-mas-refresh-token" "mcr_"
    "paddle-live-key" "pdl_live_apikey_"
    "paddle-sandbox-key" "pdl_sdbx_apikey_"
    "sourcegraph-access-token-v3" "sgp_"
    "vercel-blob-token" "vercel_blob_rw_"
    "zuplo-api-key" "zpka_" (ALPHANUMERIC[16..=36] "_" WORD[6..])
    "chargebee-api-key" "live_" (ALPHANUMERIC[32..=34])
    "chromatic-project-token" "chpt_"
    "omise-secret-key" "skey_"
    "omise-test-secret-key" "skey_test_" (LOWER_DIGITS[12..=20])
    "clickhouse-cloud-api-secret" "4b1d" (ALPHANUMERIC[38])
    "clickup-personal-token" "pk_" (DIGITS[7..=9] "_" UPPER_DIGITS[32])
    "close-api-key" "api_" (ALPHANUMERIC[22] "." ALPHANUMERIC[22])
    "cloudflare-account-token" "cfat_"
    "cloudflare-global-api-key" "cfk_"
    "cloudflare-user-token" "cfut_"
    "moonshot-api-key" "sk-"
    "perplexity-api-key" "pplx-"
    "ramp-client-secret" "ramp_sec_" (ALPHANUMERIC[48])
    "cloudflare-origin-ca-key" "v1.0-" (LOWER_HEX[24] "-" LOWER_HEX[146])
    "coingecko-api-key" "CG-"
    "exoscale-api-key" "EXO"
    "fireworks-api-key" "fw_"
    "vault-service-token-legacy" "s." (ALPHANUMERIC[24])
    "confluent-cloud-api-secret" "cflt"
    "docker-swarm-unlock-key" "SWMKEY-1-" (BASE64_UNPADDED[40..=60])
    "contentful-personal-access-token" "CFPAT-"
    "fly-oauth-token" "fo1_"
    "openshift-access-token" "sha256~"
    "together-api-key" "tgp_v1_"
    "voyage-api-key" "pa-"
    "voyage-atlas-api-key" "al-" (BASE64_URL[43])
    "couchdb-hash-pbkdf2" "-pbkdf2-" (LOWER_HEX[40] "," LOWER_HEX[32])
    "courier-api-key" "pk_prod_"
    "octopus-deploy-api-key" "API-"
    "postman-collection-key" "PMAT-" (UPPER_DIGITS[25..=32])
    "covalent-legacy-key" "ckey_"
    "inngest-signing-key-branch" "signkey-branch-"
    "inngest-signing-key-prod" "signkey-prod-"
    "inngest-signing-key-staging" "signkey-staging-"
    "inngest-signing-key-test" "signkey-test-"
    "lob-live-publishable-key" "live_pub_"
    "lob-test-publishable-key" "test_pub_"
    "n8n-api-key" "n8n_api_"
    "new-relic-admin-key" "NRAA-"
    "new-relic-rest-key" "NRRA-"
    "packagist-api-key" "packagist_ack_"
    "packagist-api-secret" "packagist_acs_"
    "packagist-conductor-update-token" "packagist_cut_"
    "packagist-organization-read-token" "packagist_ort_"
    "packagist-organization-update-token" "packagist_out_"
    "packagist-user-update-token" "packagist_uut_"
    "zoho-zapi-key-short" "1003." (LOWER_HEX[26..=96])
    "crossmint-server-key" "sk_production_"
    "crossmint-server-key-staging" "sk_staging_"
    "lichess-oauth-token" "lio_"
    "lichess-personal-token" "lip_"
    "settlemint-application-access-token" "sm_aat_"
    "settlemint-personal-access-token" "sm_pat_"
    "settlemint-service-access-token" "sm_sat_"
    "stripe-live-ephemeral-key" "ek_live_"
    "stripe-live-key" "sk_live_"
    "stripe-live-restricted-key" "rk_live_"
    "stripe-production-restricted-key" "rk_prod_"
    "stripe-test-ephemeral-key" "ek_test_"
    "stripe-test-key" "sk_test_"
    "stripe-test-restricted-key" "rk_test_" (ALPHANUMERIC[16..])
    "databento-api-key" "db-" (ALPHANUMERIC[29])
    "databricks-api-token-numbered" "dapi" (LOWER_HEX[32] "-" DIGITS[1..=2])
    "dependency-track-api-key-2" "odt_" (ALPHANUMERIC[8] "_" ALPHANUMERIC[32..])
    "doppler-service-token" "dp.st."
    "dynatrace-activegate-token" "dt0g02."
    "dynatrace-api-token" "dt0c01."
    "dynatrace-oauth-client-secret" "dt0s01."
    "dynatrace-oauth-client-secret-2" "dt0s02."
    "dynatrace-platform-token" "dt0s16."
    "github-app-installation-token-stateless" "ghs_"
    "gitlab-deploy-token-routable" "gldt-"
    "gitlab-personal-access-token-routable" "glpat-"
    "gitlab-runner-registered-token-routable" "glrtr-"
    "gitlab-runner-token-routable" "glrt-"
    "gitpod-personal-access-token" "gitpod_pat_"
    "salesforce-refresh-token" "5Aep861"
    "snyk-personal-access-token" "snyk_uat."
    "snyk-service-account-token" "snyk_sat." (DOTTED[30..])
    "dropbox-short-lived-token" "sl." (DOTTED_PADDED[120..])
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
    "woocommerce-consumer-secret" "cs_" (LOWER_HEX[40])
    "ebay-production-secret" "PRD-"
    "ebay-sandbox-secret" "SBX-" (LOWER_HEX[8..=12] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4] "-" LOWER_HEX[4..=12])
    "elevenlabs-api-key" "sk_"
    "rubygems-api-key" "rubygems_" (LOWER_HEX[48])
    "endor-api-key" "endr+" (DASHED[16])
    "facebook-access-token" "EAA" (ALPHANUMERIC[80..])
    "firebase-server-key" "AAAA" (BASE64_URL[7] ":APA91b" BASE64_URL[120..])
    "fireworks-api-key-short" "fw_"
    "flagsmith-server-key" "ser."
    "modal-token-id" "ak-"
    "modal-token-secret" "as-" (ALPHANUMERIC[22])
    "flutterwave-encryption-key-test-dashed" "FLWSECK_TEST-"
    "new-relic-browser-key" "NRBR-"
    "new-relic-browser-license-key" "NRJS-"
    "trufflehog-enterprise-key" "thog-key-" (LOWER_HEX[12..=19])
    "flutterwave-public-key" "FLWPUBK-"
    "flutterwave-public-key-test" "FLWPUBK_TEST-"
    "flutterwave-secret-key" "FLWSECK-"
    "flutterwave-secret-key-test" "FLWSECK_TEST-" (ALPHANUMERIC[32] "-X")
    "fullstory-api-key-eu" "eu1."
    "fullstory-api-key-na" "na1."
    "grafana-cloud-token" "glc_"
    "logicmonitor-bearer-token" "lmb_" (BASE64[32..])
    "gitlab-ci-job-token" "glcbt-" (ALPHANUMERIC[1..=5] "_" BASE64_URL[20])
    "gocardless-live-token" "live_"
    "gocardless-sandbox-token" "sandbox_" (BASE64_URL_PADDED[40])
    "google-oauth-access-token" "ya29."
    "paseto-v2-local" "v2.local."
    "paseto-v2-public" "v2.public."
    "paseto-v4-local" "v4.local."
    "paseto-v4-public" "v4.public." (BASE64_URL[60..])
    "harness-personal-access-token" "pat."
    "harness-service-account-token" "sat." (BASE64_URL[22] "." DOTTED[45])
    "hubspot-private-app-token" "pat-" (LOWER_DIGITS[2..=4] "-" LOWER_HEX[8] "-" DASHED[27])
    "huggingface-access-token" "hf_"
    "huggingface-organization-token" "api_org_" (ALPHANUMERIC[34])
    "infisical-service-token" "st." (LOWER_HEX[24] "." DOTTED[60..])
    "intercom-access-token" "dG9rO" (BASE64[55])
    "intra42-client-secret" "s-s4t2ud-"
    "intra42-client-secret-af" "s-s4t2af-"
    "shippo-live-token" "shippo_live_"
    "shippo-test-token" "shippo_test_"
    "sourcegraph-access-token" "sgp_"
    "sourcegraph-access-token-v3-local" "sgp_local_"
    "sourcegraph-gateway-token" "sgd_"
    "sourcegraph-handler-token" "sgph_"
    "sourcegraph-license-token" "slk_"
    "sourcegraph-subscription-token" "sgs_" (HEX[40..=64])
    "jetbrains-permanent-token" "perm:"
    "jetbrains-permanent-token-dash" "perm-" (BASE64[4..] "." BASE64[2..] "." ALPHANUMERIC[20..=40])
    "k3s-server-token" "K10" (LOWER_HEX[64] "::" URI[8..])
    "klaviyo-private-key" "pk_" (LOWER_DIGITS[34])
    "lambda-cloud-key" "secret_" (DASHED[1..=60] "_" LOWER_HEX[32] "." ALPHANUMERIC[32])
    "linkedin-client-secret" "WPL_AP1." (URI[16..=60])
    "lob-live-key" "live_"
    "lob-test-key" "test_" (LOWER_HEX[35])
    "mailchimp-api-key" "-us" (LOWER_HEX[32] _ DIGITS[1..=2])
    "mandrill-api-key" "md-" (BASE64_URL[22])
    "mapbox-public-token" "pk.eyJ"
    "mapbox-secret-token" "sk.eyJ"
    "mapbox-temporary-token" "tk.eyJ"
    "stackhawk-api-key" "hawk."
    "tinybird-token" "p.eyJ" (BASE64_URL[20..] "." BASE64_URL[20..])
    "mapbox-public-token-short" "pk." (ALPHANUMERIC[60] "." ALPHANUMERIC[22])
    "mapillary-client-token" "MLY|"
    "oculus-access-token" "OC|" (DIGITS[10..=20] "|" ALPHANUMERIC[20..=48])
    "matrix-synapse-refresh-token" "syr_"
    "matrix-synapse-token" "syt_" (BASE64[2..=200] "_" WORD[27])
    "mem0-api-key" "m0-" (ALPHANUMERIC[40])
    "metabase-api-key" "mb_" (BASE64[44])
    "mollie-live-key" "live_"
    "mollie-test-key" "test_"
    "redirect-pizza-token" "rpa_" (ALPHANUMERIC[30])
    "nats-account-seed" "SAA"
    "nats-operator-seed" "SOA"
    "nats-user-seed" "SUA" (UPPER_DIGITS[55])
    "new-relic-license-key" "NRAL" (ALPHANUMERIC[36] _)
    "notion-integration-token-legacy" "secret_"
    "polar-access-token" "polar_at_u_"
    "polar-authorization-code" "polar_ac_"
    "polar-organization-token" "polar_oat_"
    "polar-personal-token" "polar_pat_"
    "polar-refresh-token" "polar_rt_u_"
    "statsig-console-key" "console-"
    "statsig-server-key" "secret-" (ALPHANUMERIC[43])
    "ntfy-access-token" "tk_" (LOWER_DIGITS[29])
    "nuget-api-key" "oy2" (LOWER_DIGITS[43])
    "paddle-notification-secret" "pdl_ntfset_" (LOWER_DIGITS[26] "_" BASE64_UNPADDED[32])
    "pagerduty-oauth-token" "pdus+_" (ALPHANUMERIC[8] "_" LOWER_HEX[8] "-" DASHED[27])
    "pagerduty-user-token" "u+" (PLUS[18])
    "pem-base64-ec" "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW"
    "pem-base64-encrypted" "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBLRV"
    "pem-base64-openssh" "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ"
    "pem-base64-pkcs8" "LS0tLS1CRUdJTiBQUklWQVRFIEtFW"
    "pem-base64-rsa" "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV" (BASE64[24..])
    "pgpool-hash-aes" "AES" (BASE64_UNPADDED[22] "==")
    "phabricator-conduit-certificate" "cli-"
    "phabricator-conduit-token" "api-" (LOWER_DIGITS[28])
    "planetscale-oauth-token" "pscale_oauth_"
    "planetscale-password" "pscale_pw_"
    "planetscale-service-token" "pscale_tkn_"
    "typeform-access-token" "tfp_" (DOTTED_PADDED[32..=65])
    "portainer-access-token" "ptr_" (BASE64_OF_BOTH[40..=60])
    "rancher-api-token" "token-"
    "rancher-kubeconfig-token" "kubeconfig-" (DASHED[3..=40] ":" LOWER_DIGITS[54])
    "replicate-api-token" "r8_" (ALPHANUMERIC[37])
    "resend-api-key" "re_" (ALPHANUMERIC[8] "_" ALPHANUMERIC[24])
    "retell-api-key" "key_" (LOWER_HEX[28])
    "runway-api-key" "key_" (LOWER_HEX[128])
    "salesforce-access-token" "00D" (ALPHANUMERIC[12..=15] "!" DOTTED[60..=260])
    "segment-public-api-token" "sgp_" (ALPHANUMERIC[64])
    "sendgrid-api-key" "SG." (BASE64_URL[22] "." BASE64_URL[43])
    "sentry-organization-token" "sntrys_eyJ" (BASE64[40..] "_" BASE64_UNPADDED[43])
    "shopify-access-token" "shpat_"
    "shopify-custom-app-token" "shpca_"
    "shopify-partner-api-token" "prtapi_"
    "shopify-private-app-token" "shppa_"
    "shopify-shared-secret" "shpss_"
    "shopify-theme-access-password" "shptka_"
    "twilio-api-key" "SK" (HEX[32])
    "slack-app-token" "xapp-"
    "slack-bot-token" "xoxb-"
    "slack-configuration-token" "xoxe.xoxp-"
    "slack-export-token" "xoxe-"
    "slack-legacy-token-o" "xoxo-"
    "slack-legacy-token-s" "xoxs-"
    "slack-rotated-bot-token" "xoxe.xoxb-"
    "slack-session-token" "xoxc-"
    "slack-user-token" "xoxp-"
    "slack-workflow-token" "xwfp-"
    "slack-workspace-access-token" "xoxa-"
    "slack-workspace-refresh-token" "xoxr-" (DIGITS[1..=15] "-" DASHED[8..])
    "slack-workspace-access-token-plain" "xoxa-"
    "slack-workspace-refresh-token-plain" "xoxr-" (ALPHANUMERIC[8..=48])
    "smtp2go-api-key" "api-" (UPPER_HEX[32])
    "sql-server-hash" "0x0200" (HEX[136])
    "square-oauth-token" "EAAA" (BASE64_URL[60])
    "tatum-api-key" "t-" (LOWER_HEX[24] "-" LOWER_HEX[24])
    "telegram-bot-token" ":AA" (DIGITS[8..=10] _ BASE64_URL[33])
    "telnyx-api-key" "KEY" (UPPER_HEX[32] "_" ALPHANUMERIC[22])
    "terraform-cloud-token" ".atlasv1." (ALPHANUMERIC[14] _ BASE64_URL_PADDED[60..=70])
    "tinkoff-invest-token" "t." (BASE64_URL[86])
    "trello-token" "ATTA" (HEX[72])
    "twitch-chat-token" "oauth:" (LOWER_DIGITS[30])
    "twitter-bearer-token" "AAAAAAAAAAAAAAAAAAAAA" (PERCENT[60..=120])
    "windows-hash-dump" ":::" (LOWER_HEX[32] _)
    "yandex-iam-token" "t1." (BASE64_URL_PADDED[1..] "." BASE64_URL_PADDED[86..=88])
    "yandex-static-key" "YC" (BASE64_URL[38])
    "zoho-oauth-token" "1000."
    "zoho-zapi-key" "1001." (LOWER_HEX[32] "." LOWER_HEX[32])
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
}
