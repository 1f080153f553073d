#!/usr/bin/env python3
"""Prints texts with credentials in the notations of products: commands, files, outputs and protocols, as their
documentation shows them.

    python3 documented.py > texts.jsonl

Each row has the name of its notation and a text, in which `V` is the secret; it is printed with three kinds of secrets.
The fields of a line are those of the other corpora. The first texts were written before the rules for tables, servers and
devices, the later ones before those for web keys and for outputs of crates. Since 30 November 2026 there are rules that were
written in the sight of all of them, so write other texts for a figure at first sight.
"""
import json
import random
import re
import string

rng = random.Random("independent-4711")
LETTERS = string.ascii_letters + string.digits
WORDS = ("abacus basalt cactus dimple easel fjord gopher hammock igloo jacket kayak ladder magnet napkin oyster paddle "
         "quartz rocket saddle teapot urchin vortex walrus yogurt").split()
# Paths of Windows, in which a backslash is no escape.
PLAIN = ("net-use", "winscp")


def chars(low, high):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(low, high))) + "7q"


def chosen():
    word = rng.choice(WORDS).capitalize() + rng.choice(["", "-", "_"])
    return word + rng.choice(WORDS)[:4] + str(rng.randint(10, 9999))


def random_text():
    return chars(14, 30)


def groups():
    return "-".join(chars(length, length)[:length].lower() for length in (4, 5, 6))


ROWS = r'''
vault-approle|vault write auth/approle/login role_id=db-role secret_id=V
juniper-ike|set security ike policy P1 pre-shared-key ascii-text "V"
junos-snmp|set snmp community V authorization read-only
cisco-snmp|snmp-server community V RO
cisco-user|username admin privilege 15 secret 0 V
cisco-bgp|neighbor 10.0.0.1 password V
cisco-ospf|ip ospf message-digest-key 1 md5 V
cisco-keychain|key chain OSPF\n key 1\n  key-string V
cisco-ppp|ppp chap password 0 V
cisco-tacacs|tacacs server ISE\n address ipv4 10.0.0.5\n key V
fortigate-user|config user local\n    edit "bob"\n        set type password\n        set passwd V\n    next
fortigate-psk|config vpn ipsec phase1-interface\n    edit "hq"\n        set psksecret V\n    next
mikrotik-ppp|/ppp secret add name=vpn1 password=V service=l2tp
mikrotik-ipsec|/ip ipsec identity add peer=peer1 secret=V
mikrotik-wifi|/interface wireless security-profiles set default wpa2-pre-shared-key=V
haproxy-userlist|userlist ops\n  user admin insecure-password V
haproxy-stats|stats auth admin:V
postfix-sasl|[smtp.example.com]:587 relay@example.com:V
dovecot|bob:{PLAIN}V:1000:1000::/home/bob
wpa|network={\n  ssid="Home"\n  psk="V"\n}
nmcli|nmcli dev wifi connect Home password V
asterisk|[6001]\ntype=friend\nhost=dynamic\nsecret=V
freeradius-client|client nas1 {\n  ipaddr = 10.0.0.9\n  secret = V\n}
freeradius-user|bob Cleartext-Password := "V"
radtest|radtest bob V localhost 0 testing123
slapd|rootdn "cn=admin,dc=example,dc=com"\nrootpw V
ldif|dn: uid=bob,ou=people,dc=example,dc=com\nchangetype: modify\nreplace: userPassword\nuserPassword: V
mongo-create|db.createUser({user: "app", pwd: "V", roles: ["readWrite"]})
rabbit-add|rabbitmqctl add_user ann V
rabbit-conf|default_user = ann\ndefault_pass = V
nats-conf|authorization {\n  user: app\n  password: V\n}
es-users|elasticsearch-users useradd jack -p V -r network
clickhouse-user|CREATE USER ann IDENTIFIED WITH sha256_password BY 'V'
snowflake|CREATE USER ann PASSWORD='V' DEFAULT_ROLE = loader
mssql-login|CREATE LOGIN app WITH PASSWORD = 'V', CHECK_POLICY = ON
oracle-alter|ALTER USER app IDENTIFIED BY V
teradata|.logon tdprod/loader,V
db2|db2 connect to sample user bob using V
cqlsh|cqlsh -u cassandra -p V 10.0.0.4
influx|CREATE USER "ann" WITH PASSWORD 'V'
terraform-result|random_password.db.result = "V"
terraform-plan|  + master_password = "V"
ansible-inventory|web1 ansible_host=10.0.0.3 ansible_user=ops ansible_ssh_pass=V
ansible-extra|ansible-playbook site.yml -e "db_pass=V"
puppet|mysql::db { 'orders': user => 'app', password => 'V', host => 'localhost' }
chef|default['mysql']['server_root_password'] = 'V'
jenkins-xml|<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl><username>ci</username><password>V</password>
gitlab-clone|git clone https://gitlab-ci-token:V@gitlab.example.com/a/b.git
azure-login|az login --service-principal -u 11111111-2222-3333-4444-555555555555 -p V --tenant contoso
azure-sp|{"appId": "a1", "displayName": "sp", "password": "V", "tenant": "t"}
aws-configure|aws configure set aws_secret_access_key V
aws-secret|aws secretsmanager create-secret --name db --secret-string V
aws-cognito|aws cognito-idp admin-set-user-password --user-pool-id p --username bob --password V --permanent
gcloud|gcloud sql users set-password postgres --instance=i1 --password=V
heroku|heroku config:set SECRET_KEY=V -a app
docker-login|docker login -u ci -p V registry.example.com
docker-secret|printf V | docker secret create db_pass -
npmrc|//registry.npmjs.org/:_authToken=V
keytool|keytool -genkeypair -alias a -keystore k.jks -storepass V
apksigner|apksigner sign --ks release.jks --ks-pass pass:V app.apk
openssl-passin|openssl rsa -in key.pem -passin pass:V -out out.pem
smb-mount|mount -t cifs //fs/share /mnt -o username=bob,password=V,vers=3.0
net-use|net use Z: \\fs\share V /user:bob
net-user|net user bob V /add
securestring|$s = ConvertTo-SecureString "V" -AsPlainText -Force
unattend|<AdministratorPassword><Value>V</Value><PlainText>true</PlainText></AdministratorPassword>
kickstart|rootpw --plaintext V
preseed|d-i passwd/root-password password V
cloud-init|chpasswd:\n  list: |\n    root:V\n  expire: false
chpasswd|echo root:V | chpasswd
wireguard|[Interface]\nPrivateKey = V\nAddress = 10.8.0.2/24
strongswan-psk|10.0.0.1 10.0.0.2 : PSK "V"
strongswan-eap|bob : EAP "V"
chap-secrets|bob * V *
grafana-cli|grafana-cli admin reset-admin-password V
grafana-ini|[security]\nadmin_user = admin\nadmin_password = V
alertmanager|smtp_auth_username: 'a@example.com'\nsmtp_auth_password: 'V'
logstash|output { elasticsearch { hosts => ["h"] user => "w" password => "V" } }
fluentd|<match **>\n  @type elasticsearch\n  user w\n  password V\n</match>
apache-ldap|AuthLDAPBindDN "cn=web"\nAuthLDAPBindPassword V
tomcat|<user username="tom" password="V" roles="manager-gui"/>
kafka-scram|kafka-configs.sh --alter --add-config 'SCRAM-SHA-256=[iterations=8192,password=V]' --entity-type users
zookeeper-auth|addauth digest super:V
jaas-digest|Server {\n  org.apache.zookeeper.server.auth.DigestLoginModule required\n  user_super="V";\n};
hadoop-cred|hadoop credential create db.alias -value V -provider jceks://x
spark|spark-submit --conf spark.hadoop.fs.s3a.secret.key=V app.jar
airflow|airflow users create --username ann --role Admin --password V
airflow-fernet|AIRFLOW__CORE__FERNET_KEY=V
rails|production:\n  secret_key_base: V
wordpress|define( 'DB_PASSWORD', 'V' );
wordpress-salt|define('AUTH_KEY',         'V');
flask|app.secret_key = 'V'
consul-acl|AccessorID:       4b8a1c2d-1111-4222-8333-9c0d5e6f7a8b\nSecretID:         V\nDescription:      Bootstrap Token
nomad-acl|Accessor ID  = 4b8a1c2d-1111-4222-8333-9c0d5e6f7a8b\nSecret ID    = V\nName         = Bootstrap Token
vault-login|Key                  Value\n---                  -----\ntoken                V\ntoken_accessor       q7xyA1\ntoken_duration       768h
gh-secret|gh secret set DB_PASSWORD --body V
teamcity|##teamcity[setParameter name='env.DB_PASSWORD' value='V']
mysql-temp|[Note] A temporary password is generated for root@localhost: V
pg-log|STATEMENT:  ALTER USER app WITH ENCRYPTED PASSWORD 'V';
jupyter|http://localhost:8888/lab?token=V
grpc-metadata|metadata: map[content-type:[application/grpc] x-api-key:[V]]
curl-v|> GET /v1/secret HTTP/1.1\n> X-Vault-Token: V\n> Accept: */*
ldapsearch|ldapsearch -x -D cn=admin,dc=example -w V -b dc=example
snmpd|rocommunity V 10.0.0.0/8
snmp-user|createUser bob SHA "V" AES
ipmi|ipmitool -I lanplus -H 10.0.0.7 -U ADMIN -P V chassis status
racadm|racadm set iDRAC.Users.2.Password V
mac-security|security add-generic-password -a bob -s svc -w V
mac-keychain|security unlock-keychain -p V login.keychain
dscl|dscl . -passwd /Users/bob V
gradle|signingConfigs { release { storePassword 'V' } }
dbi|my $dbh = DBI->connect("dbi:Pg:dbname=o", "app", "V");
smtp-login|server.login("a@example.com", "V")
wsse|<wsse:UsernameToken><wsse:Username>a</wsse:Username><wsse:Password Type="#PasswordText">V</wsse:Password>
imap|a1 LOGIN bob V
pop3|USER bob\n+OK\nPASS V\n+OK
redis-monitor|1700000000.123 [0 10.0.0.2:5000] "auth" "V"
otpauth|otpauth://totp/acme:bob?secret=V&issuer=acme
wifi-qr|WIFI:T:WPA;S:Home;P:V;;
expect|expect "assword:"\nsend "V\r"
psql-table| username | password_hash | api_key \n----------+---------------+---------\n bob      | x             | V\n(1 row)
mysql-table|+------+----------+\n| user | password |\n+------+----------+\n| bob  | V |\n+------+----------+
mysql-g|*************************** 1. row ***************************\n    user: bob\npassword: V
markdown-table|\| Service \| Token \|\n\|:--\|:--\|\n\| db \| V \|
tsv|user\tpassword\trole\nbob\tV\tadmin
csv-quoted|"user","password","role"\n"bob","V","admin"
csv-semicolon|user;password;role\nbob;V;admin
describe|Name:         db\nType:  Opaque\n\nData\n====\npassword:  V
gh-env|echo "API_TOKEN=V" >> $GITHUB_ENV
azure-appsettings|az webapp config appsettings set --settings DB_PASSWORD=V
passwd-prompt|New password for bob: V
sops|sops exec-env: DB_PASSWORD=V
htdigest|htpasswd -bc .htpasswd bob V
curl-form|curl -F password=V -F user=bob https://h/login
curl-data|curl -d '{"user":"bob","password":"V"}' https://h/login
multipart-raw|--X\r\nContent-Disposition: form-data; name="user"\r\n\r\nbob\r\n--X\r\nContent-Disposition: form-data; name="password"\r\n\r\nV\r\n--X--
elastic-setup|PASSWORD elastic = V
minio|mc alias set local http://h:9000 minio V
ftp-script|open ftp.example.com\nuser bob V\nput x
winscp|winscp.com /command "open sftp://bob:V@h/"
plink|plink -ssh bob@h -pw V
sqlplus|sqlplus app/V@//db1:1521/ORCL
impdp|expdp system/V directory=d dumpfile=x.dmp
'''.strip().splitlines()

# Written later, when there were rules for half of those above.
LATER = r'''
panos-psk|set network ike gateway GW1 authentication pre-shared-key key V
checkpoint-user|add user name "bob" authentication-method "check point password" password V
aruba-psk|wlan ssid-profile "Guest"\n  wpa-passphrase V
arista-tacacs|tacacs-server host 10.0.0.4 key 0 V
huawei-user|local-user admin password irreversible-cipher V
huawei-snmp|snmp-agent community read cipher V
vyos-psk|set vpn ipsec authentication psk hq secret 'V'
vyos-user|set system login user ops authentication plaintext-password V
opnsense-xml|<user><name>root</name><descr>System</descr><password>V</password></user>
bind-tsig|key "xfer" {\n  algorithm hmac-sha256;\n  secret "V";\n};
nsupdate|nsupdate -y hmac-sha256:xfer:V zone.txt
powerdns|api=yes\napi-key=V\nwebserver=yes
samba-user|samba-tool user create bob V --given-name=Bob
kinit|echo V \| kinit bob@EXAMPLE.COM
kadmin|kadmin.local -q "addprinc -pw V bob@EXAMPLE.COM"
ipa|ipa user-mod bob --password=V
realm-join|adcli join --domain=example.com --stdin-password <<< V
proxysql|INSERT INTO mysql_users (username,password,default_hostgroup) VALUES ('app','V',1);
mysqladmin|mysqladmin -u root password V
mysql-replica|CHANGE MASTER TO MASTER_HOST='10.0.0.2', MASTER_USER='repl', MASTER_PASSWORD='V', MASTER_LOG_POS=4;
pg-fdw|CREATE USER MAPPING FOR app SERVER films OPTIONS (user 'bob', password 'V');
pg-subscription|CREATE SUBSCRIPTION s CONNECTION 'host=10.0.0.3 user=repl password=V dbname=shop' PUBLICATION p;
redshift-copy|COPY sales FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=AKIAX;aws_secret_access_key=V' CSV;
bigquery-aead|SELECT AEAD.ENCRYPT(KEYS.NEW_KEYSET('AEAD_AES_GCM_256'), 'x', ''); -- password: V
couchdb|curl -X PUT http://h:5984/_node/nonode/_config/admins/anna -d '"V"'
couchbase|couchbase-cli user-manage -c h -u Administrator -p V --list
neo4j|neo4j-admin dbms set-initial-password V
cypher-shell|cypher-shell -u neo4j -p V "RETURN 1"
cockroach|CREATE USER maxroach WITH PASSWORD 'V' VALID UNTIL '2027-01-01';
arangosh|arangosh --server.username root --server.password V
surreal|surreal start --user root --pass V memory
memgraph|ALTER USER ann SET PASSWORD 'V' CHANGE NOT REQUIRED;
tarantool|box.schema.user.create('ann', { password = 'V' })
hana|hdbsql -n h:30015 -u SYSTEM -p V "SELECT 1 FROM DUMMY"
sybase|isql -Usa -PV -Sserver
informix|CONNECT TO 'stores@srv' USER 'ann' USING 'V';
firebird|isql-fb -user SYSDBA -password V employee.fdb
msmq-odbc|odbc_connect("DSN=orders", "app", "V");
vertica-jdbc|DriverManager.getConnection("jdbc:vertica://h:5433/db", "dbadmin", "V");
php-mysqli|$db = new mysqli("localhost", "app", "V", "shop");
php-pdo|$pdo = new PDO('mysql:host=h;dbname=shop', 'app', 'V');
paramiko|client.connect("10.0.0.5", username="ops", password="V")
sshpass|sshpass -pV ssh ops@10.0.0.5
node-pg|new Client({ user: 'app', host: 'h', database: 'shop', password: 'V', port: 5432 })
go-smtp|auth := smtp.PlainAuth("", "app@example.com", "V", "mail.example.com")
dotnet-netcred|new NetworkCredential("bob", "V", "CORP")
java-pwauth|return new PasswordAuthentication("bob", "V".toCharArray());
ruby-netftp|Net::FTP.open('ftp.example.com', 'bob', 'V')
elixir-config|config :shop, Shop.Repo, username: "app", password: "V", hostname: "h"
erlang-cookie|erl -sname a -setcookie V
clojure-env|{:db-user "app" :db-password "V" :pool 4}
haskell-record|ConnectInfo {connectHost = "h", connectUser = "app", connectPassword = "V", connectDatabase = "shop"}
swift-record|Credential(user: "bob", password: Optional("V"), persistence: forSession)
kotlin-record|LoginRequest(user=bob, password=V, remember=true)
lombok-record|DataSourceProperties(url=jdbc:h2:mem, username=sa, password=V)
scala-some|Config(Some(app),Some(Secret(V)),5432)
perl-dumper|$VAR1 = {\n          'user' => 'bob',\n          'passwd' => 'V'\n        };
python-namedtuple|Login(user='bob', secret='V', otp=None)
php-vardump|array(2) {\n  ["user"]=>\n  string(3) "bob"\n  ["password"]=>\n  string(16) "V"\n}
php-printr|Array\n(\n    [user] => bob\n    [password] => V\n)
ruby-inspect|#<Net::LDAP:0x01 @host="h", @auth={:method=>:simple, :username=>"cn=a", :password=>"V"}>
powershell-list|Name       : svc\nPassword   : V\nEnabled    : True
lua-table|{ user = "app", ["password"] = "V" }
nix-attr|services.gitea.database.password = "V";
bazel-rc|build --remote_header=x-buildbuddy-api-key=V
pulumi|pulumi config set --secret dbPassword V
flyctl|flyctl secrets set SESSION_SECRET=V
vercel|echo -n "V" \| vercel env add API_SECRET production
netlify|netlify env:set API_TOKEN V
railway|railway variables --set "DB_PASSWORD=V"
doppler|doppler secrets set STRIPE_KEY="V"
wrangler|echo V \| wrangler secret put AUTH_TOKEN
op-create|op item create --category=login --title=db username=app password=V
bw-unlock|bw unlock V --raw
pass-insert|printf 'V\\nV\\n' \| pass insert db/app
ansible-vault|ansible-vault encrypt_string 'V' --name 'db_password'
kubeseal|kubectl create secret generic db --from-literal=password=V --dry-run=client -o yaml
helm-set|helm upgrade shop ./chart --set auth.rootPassword=V
istio-hdr|x-ext-authz-shared-secret: V
argocd|argocd login h --username admin --password V --insecure
harbor|hydra create client --secret V --grant-type client_credentials
keycloak|kcadm.sh set-password -r demo --username bob --new-password V
authelia|docker run authelia crypto hash generate argon2 --password V
dex-static|staticClients:\n- id: app\n  redirectURIs: ['http://h/cb']\n  secret: V
loki-basic|basic_auth:\n  username: loki\n  password: V
telegraf|[[outputs.influxdb_v2]]\n  urls = ["http://h:8086"]\n  token = "V"\n  organization = "o"
vector-sink|[sinks.http.auth]\nstrategy = "basic"\nuser = "ann"\npassword = "V"
zabbix|zabbix_sender -z h -s web --tls-psk-identity "PSK 01" --tls-psk V
nagios-nrpe|./check_mysql -H h -u nagios -p V
icinga-api|object ApiUser "root" {\n  password = "V"\n  permissions = [ "*" ]\n}
splunk-hec|Authorization: Splunk V
splunk-cli|splunk search 'index=main' -auth admin:V
datadog-yaml|api_key: V\nsite: datadoghq.eu
newrelic-ini|license_key = V
sentry-cli|sentry-cli --auth-token V releases list
mqtt-pub|mosquitto_pub -h h -u sensor -P V -t a -m 1
mosquitto-bridge|connection br\nremote_username br\nremote_password V
emqx|./bin/emqx ctl admins passwd admin V
activemq|<authenticationUser username="system" password="V" groups="admins"/>
solace|create client-username app\npassword V\nno shutdown
ejabberd|ejabberdctl register bob example.com V
prosody|prosodyctl register bob example.com V
exim-auth|client_send = : relay@example.com : V
msmtp|account gmail\nuser a@example.com\npassword V
fetchmail|poll mail.example.com proto imap user "bob" pass "V"
mutt|set imap_pass = "V"
netrc|machine api.example.com login bob password V
curlrc|user = "bob:V"
wgetrc|http_password = V
lftp|lftp -u bob,V sftp.example.com
rclone|[nas]\ntype = smb\nuser = bob\npass = V
restic|RESTIC_PASSWORD=V restic -r /srv/repo backup /home
borg|BORG_PASSPHRASE='V' borg create /repo::a /home
duplicity|PASSPHRASE=V duplicity /home file:///b
rsyncd|bob:V
tinc|vncpasswd -f <<< "V"
x11vnc|x11vnc -passwd V -display :0
freerdp|xfreerdp /u:bob /p:V /v:10.0.0.8
psexec|psexec \\\\srv -u CORP\\bob -p V cmd
schtasks|schtasks /create /tn job /tr c.exe /ru CORP\\bob /rp V
wmic|wmic /node:srv /user:bob /password:V os get caption
sc-config|sc config Spooler obj= CORP\\svc password= V
bitlocker|manage-bde -protectors -add C: -pw V
sqlcmd|sqlcmd -S h -U sa -P V -Q "SELECT 1"
bcp|bcp shop.dbo.t out t.dat -S h -U sa -PV
dsn-odbc|Driver={ODBC Driver 18};Server=h;Uid=sa;Pwd={V};
ibmmq|SET CHLAUTH('C') ... MCAUSER('app') PASSWORD('V')
jcl|//JOB1 JOB (ACCT),'RUN',USER=BOB,PASSWORD=V
as400|CHGUSRPRF USRPRF(BOB) PASSWORD(V)
racf|ALTUSER BOB PASSWORD(V) NOEXPIRED
ftp-quote|331 Password required\n---> PASS V
sip-auth|register => 1000:V@sip.example.com/1000
pjsip|[auth1]\ntype=auth\nauth_type=userpass\nusername=bob\npassword=V
radius-pap|(0) pap: Login attempt with password "V" (16)
ldap-bind|ldap_bind_s("cn=admin,dc=x", "V", LDAP_AUTH_SIMPLE)
soap-login|<urn:login><urn:username>a</urn:username><urn:password>V</urn:password></urn:login>
graphql|mutation { login(email: "a@example.com", password: "V") { id } }
graphql-vars|{"query":"mutation($p:String!){signIn(pw:$p){id}}","variables":{"p":"V"}}
protobuf-text|user: "bob"\npassword: "V"\nport: 5432
avro-json|{"name":{"string":"bob"},"password":{"string":"V"}}
dynamo-json|{"id":{"S":"1"},"apiToken":{"S":"V"}}
edn-tagged|#user{:name "bob", :secret #sensitive "V"}
hcl-block|provider "x" {\n  auth_token = "V"\n}
plist|<key>Password</key>\n<string>V</string>
reg-file|"DefaultPassword"="V"
ini-remmina|[remmina]\nusername=bob\npassword=V
properties-colon|db.password : V
gpg-batch|Key-Type: RSA\nName-Real: Bob\nPassphrase: V\n%commit
keystore-cli|jarsigner -keystore k.jks -storepass V -keypass V a.jar alias
certutil|certutil -f -p V -importpfx a.pfx
pfx-export|openssl pkcs12 -export -out a.p12 -passout pass:V
luks|echo -n V \| cryptsetup luksOpen /dev/sdb1 data -
veracrypt|veracrypt --text --password=V /dev/sdc1 /mnt
7z|7z x a.7z -pV
unzip|unzip -P V a.zip
pdftk|pdftk in.pdf output out.pdf user_pw V
qpdf|qpdf --encrypt V V 256 -- a.pdf b.pdf
wifi-netsh|Key Content            : V
hostapd|wpa_passphrase=V\nwpa_key_mgmt=WPA-PSK
connman|[service_home]\nType=wifi\nName=Home\nPassphrase=V
iwd|iwctl --passphrase V station wlan0 connect Home
bluez|agent: PIN code: V
homeassistant|mqtt_password: V
esphome|wifi:\n  ssid: "Home"\n  password: "V"
tasmota|Backlog SSID1 Home; Password1 V
webhook-slack-form|token=V&team_id=T1&command=/deploy
oauth-body|grant_type=password&username=bob&password=V&scope=read
oauth-code|{"grant_type":"client_credentials","client_id":"app","client_secret":"V"}
saml|<samlp:SessionIndex>_s1</samlp:SessionIndex><wsse:BinarySecret>V</wsse:BinarySecret>
digest-reply|login: bob, new secret: V (change at first sign-in)
mail-reset|Your temporary password is V. Please change it.
chat-paste|the root password for db1 is V, don't share
ticket-de|Benutzer: bob Passwort: V
ticket-fr|Mot de passe : V
ticket-es|contraseña: V
'''.strip().splitlines()

for row in ROWS + LATER:
    kind, text = row.replace("\\|", "\0").split("|", 1)
    text = text.replace("\0", "|")
    if kind not in PLAIN:
        text = text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\0", "\\")
    for number, make in enumerate((chosen, random_text, groups)):
        value = make()
        case = {"id": f"{kind}-{number}", "kind": kind, "shape": kind, "tier": "must",
                "input": re.sub(r"(?:(?<=-[Pp])|(?<![A-Za-z_]))V(?![A-Za-z_0-9])", value, text), "must_not_contain": [value],
                "must_contain": [], "must_equal": False}
        print(json.dumps(case))
