#!/usr/bin/env python3
"""Draws a set of texts with and without credentials that no rule of floe-redact was written for.

    python3 fresh.py SEED [COUNT] > texts.jsonl

The set is composed, not listed: a value of a kind, under a name, in a carrier (a language, a command, an output of a
program), in a frame (a log line, a text in JSON, an error). A shape is a carrier, a frame and a kind. Each line has the
fields of the other corpora: id, kind (the carrier), shape, tier, input, must_not_contain, must_contain, must_equal. A
new seed gives new shapes. Do not write rules for a set that a figure was taken on: draw another one for the figure.
"""
import json
import random
import string
import sys

SEED = sys.argv[1] if len(sys.argv) > 1 else "1"
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 2500
rng = random.Random("fresh" + SEED)
one = rng.choice

LETTERS = string.ascii_letters + string.digits
WORDS = ("amber anvil barley beacon birch bramble canyon cedar cinder clover cobalt coral cricket dahlia ember fennel "
         "ferry flint garnet ginger glacier hazel heron indigo ivory jasper juniper lagoon linen lotus maple meadow "
         "mosaic nectar nutmeg onyx orchid otter pebble pepper poplar quill raven saffron sierra slate sparrow spruce "
         "sumac tango thistle timber topaz tulip umber velvet willow yarrow zinnia").split()


def chars(alphabet, low, high):
    return "".join(one(alphabet) for _ in range(rng.randint(low, high)))


def chosen():
    word = one(WORDS).capitalize() if rng.random() < 0.6 else one(WORDS)
    return word + one(["", "", "-", "_", "."]) + str(rng.randint(10, 9999)) + one(["", "", "", "!", "x", "Qz", "#"])


# Kinds of values. A value of two words and a word alone are texts that a reader cannot always tell from a name.
VALUES = {
    "chosen": chosen,
    "random": lambda: chars(LETTERS, 12, 40) + one("0123456789") + one(string.ascii_letters),
    "hexadecimal": lambda: chars("0123456789abcdef", 31, 63) + "b",
    "uuid": lambda: "-".join(chars("0123456789abcdef", n, n) for n in (8, 4, 4, 4, 12)),
    "base64": lambda: chars(LETTERS + "+/", 30, 42) + one(["7=", "x4=="]),
    "signs": lambda: chars(LETTERS, 4, 6) + one("!$^*~%+") + chars(LETTERS, 3, 5) + one("!?$^*_") + chars("0123456789", 2, 3),
}

STRONG = ("password passwd dbPassword smtp_password MYSQL_PASSWORD admin-password userPassword client_secret ClientSecret "
          "api_key apiKey X-Api-Key STRIPE_API_KEY access_token accessToken refresh_token auth_token secret_key SECRET_KEY "
          "signing_secret webhookSecret jwt_secret private_key encryption_key passphrase bind_password keystorePassword "
          "app_secret consumerSecret bot_token deploy_token vault_token session_secret master_password redis_password "
          "proxyPassword ldap.bind.password spring.mail.password oauth2_client_secret").split()
HARMLESS = ("region hostname retry_count table_name token_count token_type password_policy key_id partition_key "
            "max_tokens password_changed_at secret_name api_version session_count cookie_domain author primary_key "
            "public_key_url cache_key sort_key password_min_length credentials_file auth_method access_level").split()
PLAIN = ["eu-west-1", "db1.example.com", "orders-2026", "17", "true", "analytics", "3.2.1", "bearer", "users", "none",
         "2026-11-29", "read-only", "/etc/app/config", "sha256", "order_id", "warehouse"]
USERS = ["ann", "bob", "svc_orders", "loader", "app"]
HOSTS = ["db1.example.com", "10.0.3.17", "mq.internal", "warehouse.example.net"]
FIELDS = ["kind", "raw", "inner", "text", "content", "data", "payload"]
TYPES = ["Value", "Setting", "Field", "Spanned", "Owned", "Text", "Param", "Literal", "Scalar"]


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def single(text):
    return "'" + text + "'"


def rust(text):
    out = quoted(text)
    for _ in range(rng.randint(0, 3)):
        name = one(TYPES)
        out = one([f"{name}({out})", f"Some({out})", f"{name} {{ {one(FIELDS)}: {name}({out}) }}",
                   f"{name}(Span(3, 8), {out})", f"{name} {{ origin: None, value: {out} }}"])
    return out


def tag(name):
    return "".join(c if c.isalnum() else "_" for c in name)


def env(name):
    return tag(name).upper()


def path(name):
    return json.dumps(["body", one(["user", "db", "account"]), name])


# Carriers: a function of the name, the value, a user and a host. Where the text has no name, it has the grammar.
NAMED = {
    "json": lambda n, v, u, h: '{"user":%s,"host":%s,%s:%s}' % (quoted(u), quoted(h), quoted(n), quoted(v)),
    "json nested": lambda n, v, u, h: '{\n  "db": {\n    "host": %s,\n    "auth": { %s: %s }\n  }\n}' % (quoted(h), quoted(n), quoted(v)),
    "json list": lambda n, v, u, h: '[{"name": %s, "value": %s}, {"name": "host", "value": %s}]' % (quoted(n), quoted(v), quoted(h)),
    "yaml": lambda n, v, u, h: f"db:\n  host: {h}\n  {n}: {v}\n  user: {u}",
    "yaml list": lambda n, v, u, h: f"env:\n  - name: {env(n)}\n    value: {quoted(v)}\n  - name: HOST\n    value: {h}",
    "toml": lambda n, v, u, h: f"[db]\nhost = {quoted(h)}\n{tag(n)} = {quoted(v)}",
    "ini": lambda n, v, u, h: f"[db]\nhost={h}\n{n}={v}\nuser={u}",
    "properties": lambda n, v, u, h: f"app.db.host={h}\napp.db.{n}={v}",
    "env": lambda n, v, u, h: f"HOST={h}\nexport {env(n)}='{v}'\n",
    "hcl": lambda n, v, u, h: f'resource "db" "x" {{\n  host = {quoted(h)}\n  {tag(n)} = {quoted(v)}\n}}',
    "hcl variable": lambda n, v, u, h: f'variable "{tag(n)}" {{\n  type    = string\n  default = {quoted(v)}\n}}',
    "xml": lambda n, v, u, h: f"<db><host>{h}</host><{tag(n)}>{v}</{tag(n)}></db>",
    "xml attribute": lambda n, v, u, h: f'<add key="{n}" value="{v}" />',
    "xml property": lambda n, v, u, h: f'<property name="{n}">\n  <value>{v}</value>\n</property>',
    "python": lambda n, v, u, h: "{'host': %s, %s: %s}" % (single(h), single(n), single(v)),
    "python object": lambda n, v, u, h: f"Settings(host={single(h)}, {tag(n)}={single(v)}, timeout=30)",
    "python code": lambda n, v, u, h: f"client = Client({single(h)}, {tag(n)}={single(v)})",
    "ruby": lambda n, v, u, h: f"{{:host=>{quoted(h)}, :{tag(n)}=>{quoted(v)}}}",
    "go map": lambda n, v, u, h: f"map[host:{h} {tag(n)}:{v} user:{u}]",
    "go struct": lambda n, v, u, h: f"&{{Host:{h} {tag(n).title().replace('_', '')}:{v} User:{u}}}",
    "java": lambda n, v, u, h: f"Settings{{host='{h}', {tag(n)}='{v}', user='{u}'}}",
    "java record": lambda n, v, u, h: f"Settings[host={h}, {tag(n)}={v}, user={u}]",
    "csharp": lambda n, v, u, h: f"Settings {{ Host = {h}, {tag(n)} = {v}, User = {u} }}",
    "php": lambda n, v, u, h: f'array(2) {{\n  ["host"]=>\n  string({len(h)}) "{h}"\n  ["{n}"]=>\n  string({len(v)}) "{v}"\n}}',
    "php print_r": lambda n, v, u, h: f"Array\n(\n    [host] => {h}\n    [{n}] => {v}\n)",
    "javascript": lambda n, v, u, h: f"{{ host: '{h}', {tag(n)}: '{v}', retries: 3 }}",
    "rust struct": lambda n, v, u, h: f"Settings {{ host: {quoted(h)}, {tag(n)}: {rust(v)}, retries: 3 }}",
    "rust map": lambda n, v, u, h: f"{{{quoted(n)}: {rust(v)}}}",
    "rust pair": lambda n, v, u, h: f"Pair {{ key: Static({quoted(n)}), value: {rust(v)} }}",
    "rust tuple": lambda n, v, u, h: f"[({quoted('host')}, {quoted(h)}), ({quoted(n)}, {rust(v)})]",
    "rust dbg": lambda n, v, u, h: f'[src/main.rs:7:5] env::var("{env(n)}") = Ok(\n    {quoted(v)},\n)',
    "logfmt": lambda n, v, u, h: f'level=warn host={h} {n}={v} attempts=3',
    "log colon": lambda n, v, u, h: f"login of {u} at {h} failed, {n}: {v}",
    "validator path": lambda n, v, u, h: '{"type": "string_type", "loc": %s, "msg": "Input should be longer", "input": %s}' % (path(n), quoted(v)),
    "validator field": lambda n, v, u, h: '{"field":%s,"rejectedValue":%s,"message":"too short"}' % (quoted(n), quoted(v)),
    "validator pointer": lambda n, v, u, h: '{"pointer":"/data/%s","value":%s,"title":"invalid"}' % (n, quoted(v)),
    "validator sentence": lambda n, v, u, h: f"{n}: invalid value: string {quoted(v)}, expected a number",
    "serde error": lambda n, v, u, h: f"invalid type: string {quoted(v)}, expected u16 for key `db.{n}`",
    "argument error": lambda n, v, u, h: f"error: invalid value '{v}' for '--{tag(n).replace('_', '-')} <VALUE>': invalid digit found in string",
    "query": lambda n, v, u, h: f"GET https://{h}/v1/orders?page=2&{n}={v.replace('+', '%2B').replace('#', '%23')}&limit=10",
    "form": lambda n, v, u, h: f"grant_type=client&{n}={v.replace('+', '%2B').replace('#', '%23')}&user={u}",
    "header": lambda n, v, u, h: f"POST /orders HTTP/1.1\nHost: {h}\nX-{n.replace('_', '-')}: {v}\nAccept: */*",
    "multipart": lambda n, v, u, h: f'Content-Disposition: form-data; name="{n}"\n\n{v}\n--boundary',
    "option": lambda n, v, u, h: f"loader --host {h} --{n.replace('_', '-')} {v} --retries 3",
    "option equals": lambda n, v, u, h: f"loader --host={h} --{n.replace('_', '-')}={v}",
    "docker": lambda n, v, u, h: f"docker run -d -e {env(n)}={v} -e HOST={h} app:1.4",
    "kubectl": lambda n, v, u, h: f"kubectl create secret generic db --from-literal={n}={v}",
    "kubernetes": lambda n, v, u, h: f"apiVersion: v1\nkind: Secret\nstringData:\n  {n}: {v}",
    "helm": lambda n, v, u, h: f"helm upgrade app ./chart --set db.host={h} --set db.{n}={v}",
    "powershell": lambda n, v, u, h: f"$env:{env(n)} = '{v}'",
    "sql insert": lambda n, v, u, h: f"INSERT INTO users (name, {tag(n)}) VALUES ('{u}', '{v}')",
    "sql update": lambda n, v, u, h: f"UPDATE users SET {tag(n)} = '{v}' WHERE name = '{u}'",
    "connection string": lambda n, v, u, h: f"Server={h};User Id={u};Password={v};Encrypt=true",
    "csv": lambda n, v, u, h: f"host,{tag(n)},user\n{h},{v},{u}",
    "table": lambda n, v, u, h: f"| host | {tag(n)} |\n|------|------|\n| {h} | {v} |",
    "columns": lambda n, v, u, h: f"Key                Value\n---                -----\nhost               {h}\n{tag(n)}      {v}",
    "equals columns": lambda n, v, u, h: f"Host     = {h}\n{tag(n)} = {v}",
    "github actions": lambda n, v, u, h: f"::set-output name={tag(n)}::{v}",
    "azure pipelines": lambda n, v, u, h: f"##vso[task.setvariable variable={tag(n)};issecret=true]{v}",
    "changed": lambda n, v, u, h: f"setting {n} changed from {quoted('old')} to {quoted(v)}",
    "diff": lambda n, v, u, h: f"@@ -1,2 +1,2 @@\n-  {n}: old\n+  {n}: {v}",
    "erlang": lambda n, v, u, h: f'[{{host,"{h}"}},{{{tag(n)},"{v}"}}]',
    "elixir": lambda n, v, u, h: f'%{{host: "{h}", {tag(n)}: "{v}"}}',
    "netrc": lambda n, v, u, h: f"machine {h} login {u} password {v}",
    "jaas": lambda n, v, u, h: f'org.apache.kafka.common.security.plain.PlainLoginModule required username="{u}" password="{v}";',
}
UNNAMED = {
    "url": lambda v, u, h: f"connect to postgres://{u}:{v.replace('#', '%23').replace('/', '%2F')}@{h}:5432/orders timed out",
    "bearer": lambda v, u, h: f"Authorization: Bearer {v}",
    "cookie": lambda v, u, h: f"Cookie: theme=dark; sessionid={v}; lang=en",
    "curl": lambda v, u, h: f"curl -s -u {u}:{v} https://{h}/health",
    "mysql": lambda v, u, h: f"mysql -h {h} -u {u} -p{v} orders",
    "sshpass": lambda v, u, h: f"sshpass -p '{v}' ssh {u}@{h}",
    "redis": lambda v, u, h: f"redis-cli -h {h} -a {v} ping",
    "sql user": lambda v, u, h: f"CREATE USER {u} IDENTIFIED BY '{v}'",
    "postgres user": lambda v, u, h: f"ALTER ROLE {u} WITH LOGIN PASSWORD '{v}'",
    "pgpass": lambda v, u, h: f"{h}:5432:orders:{u}:{v}",
    "setter": lambda v, u, h: f'connection.setPassword("{u}", "{v}")',
    "basic call": lambda v, u, h: f"requests.get('https://{h}', auth=('{u}', '{v}'))",
    "add-mask": lambda v, u, h: f"::add-mask::{v}",
    "etcdctl": lambda v, u, h: f"etcdctl user add {u}:{v}",
    "redis acl": lambda v, u, h: f"user {u} on >{v} ~* +@all",
    "cisco": lambda v, u, h: f"crypto isakmp key {v} address 10.0.3.17",
    "radius": lambda v, u, h: f"radius-server host 10.0.3.17 key {v}",
    "userlist": lambda v, u, h: f'"{u}" "{v}"',
    "sentence": lambda v, u, h: f"the password is {v}, change it after the first login",
    "reset": lambda v, u, h: f"New value: {v}",
}
FRAMES = {
    "bare": lambda t: t,
    "log": lambda t: f"2026-11-29T10:15:30.123Z WARN app::db {t}",
    "error": lambda t: f"cannot start: configuration is invalid: {t}",
    "in json": lambda t: json.dumps({"level": "error", "message": t}),
    "in debug": lambda t: f"Error {{ code: 7, message: {quoted(t)} }}",
    "two lines": lambda t: f"Caused by:\n    {t}",
}


def fits(carrier, value):
    """Whether the carrier can hold the value without quotes or escapes of its own."""
    signs = set(value) & set("!$^*~%+#?/=_.-")
    if carrier in ("env", "sshpass") or not signs:
        return True
    bare = ("xml", "yaml", "ini", "option", "docker", "kubectl", "helm", "go", "java record", "csharp", "mysql", "redis",
            "curl", "url", "query", "form", "csv", "table", "cisco", "radius", "etcdctl", "netrc", "logfmt", "cookie")
    return not carrier.startswith(bare) or not signs & set("!$^*~%#?/")


def draw(index):
    kind = one(list(VALUES))
    value = VALUES[kind]()
    user, host, frame = one(USERS), one(HOSTS), one(list(FRAMES))
    name = one(STRONG)
    if rng.random() < 0.78:
        carrier = one(list(NAMED))
        text = NAMED[carrier](name, value, user, host)
    else:
        carrier = one(list(UNNAMED))
        text = UNNAMED[carrier](value, user, host)
    # A frame of one line has no room for the lines of a file.
    if "\n" in text and frame in ("log", "error", "two lines"):
        frame = "bare"
    if not fits(carrier, value) or (frame != "bare" and carrier == "pgpass"):
        return None
    undecidable = carrier in ("userlist", "reset") or (carrier == "sentence" and kind == "uuid")
    pieces = [p for p in value.replace("+", "\n").replace("/", "\n").replace("#", "\n").split("\n") if len(p) > 3]
    return {"id": f"f{SEED}-{index}", "kind": carrier, "shape": f"{carrier}|{frame}|{kind}|{name}",
            "tier": "stretch" if undecidable else "must", "input": FRAMES[frame](text), "must_not_contain": pieces,
            "must_contain": [], "must_equal": False}


def harmless(index):
    carrier, frame = one(list(NAMED)), one(list(FRAMES))
    if carrier in ("connection string", "netrc", "jaas", "azure pipelines", "kubernetes", "kubectl"):
        return None
    text = NAMED[carrier](one(HARMLESS), one(PLAIN), one(USERS), one(HOSTS))
    if "\n" in text and frame in ("log", "error", "two lines"):
        frame = "bare"
    return {"id": f"h{SEED}-{index}", "kind": "benign " + carrier, "shape": f"{carrier}|{frame}", "tier": "must",
            "input": FRAMES[frame](text), "must_not_contain": [], "must_contain": [], "must_equal": True}


def fill(make, count):
    made = 0
    while made < count:
        case = make(made)
        if case:
            print(json.dumps(case, ensure_ascii=False))
            made += 1


fill(draw, COUNT)
fill(harmless, COUNT // 3)
