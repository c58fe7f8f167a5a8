"""No web page from elsewhere gets into the local cloud, asked with plain requests and by a browser."""

import asyncio
import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import find_chromium, open_tab
from functions_kit import Api

from platform_lib.local.control import ControlServer

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
FORM = "application/x-www-form-urlencoded"
EVIL = "https://evil.example"

INSIDER = """
import os, urllib.error, urllib.request

def echo(event, context):
    api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/init/error"
    request = urllib.request.Request(api, b"{}", event)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refused:
        return refused.code
"""


@pytest.fixture(scope="module")
def port(account):
    named = {"shop": "https://shop.example", "near": "http://localhost:5173", "wide": "*"}
    for name, origin in named.items():
        account.client("s3").create_bucket(Bucket=name)
        rule = {"AllowedMethods": ["PUT", "GET"], "AllowedOrigins": [origin]}
        account.client("s3").put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    return int(account.endpoint.rpartition(":")[2])


def ask(port, method="POST", path="/", body="", **headers):
    """Send a request with these headers alone; return the answer's status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    named = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(body)), **headers}
    for name, value in named.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    told = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, told


def make_role(name):
    """The query call that makes a role: a page sends it as a form, without a preflight."""
    asked = {"Action": "CreateRole", "Version": "2010-05-08", "RoleName": name}
    return urlencode({**asked, "AssumeRolePolicyDocument": TRUST})


SIGNED = "AWS4-HMAC-SHA256 Credential=a/20270101/us-east-1/iam/aws4_request, SignedHeaders=host"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "localhost.", "[::1]", "shop.localhost"),
        *("123456789012.localhost", "123456789012.127.0.0.1", "host.docker.internal"),
    ],
)
def test_the_accounts_own_names_are_answered(port, host):
    for name in (host, f"{host}:{port}"):
        status, headers, told = ask(
            port, body="Action=ListRoles", Host=name, Content_Type=FORM, Authorization=SIGNED
        )
        assert status == 200 and "ListRolesResponse" in told
        assert not [each for each in headers if each.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost", ""),
        *("127.0.0.1@evil.example", "192.168.1.2", "0.0.0.0", "[::2]", "iam.amazonaws.com"),
    ],
)
def test_another_name_is_not(account, port, host):
    for name in (host, f"{host}:{port}"):
        status, headers, told = ask(
            port, body=make_role("rebound"), Host=name, Content_Type=FORM, Authorization=SIGNED
        )
        assert status == 403 and told.count("\n") == 1 and "127.0.0.1" in told
        assert not [each for each in headers if each.lower().startswith("access-control")]
    assert "rebound" not in roles(account)


def test_a_request_without_a_host_is_not_answered(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /moto-api/ HTTP/1.0\r\n\r\n")
        assert b" 403 " in connection.makefile("rb").readline()


FOREIGN = (
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://evil.example:80"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "chrome-extension://abcdef"},
    {"Referer": f"{EVIL}/page"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Origin": EVIL, "Referer": "http://127.0.0.1/"},
)


@pytest.mark.parametrize("sent", FOREIGN)
@pytest.mark.parametrize("kind", [FORM, "text/plain", "multipart/form-data; boundary=x"])
def test_no_page_from_elsewhere_is_answered(account, port, sent, kind):
    asked = (
        ("POST", "/", make_role("page")),
        ("POST", "/moto-api/reset", ""),
        ("POST", "/moto-api/config", '{"batch": {"use_docker": false}}'),
        ("POST", "/2015-03-31/functions", '{"FunctionName": "f"}'),
        ("PUT", "/wide/key", "x"),
        ("GET", "/moto-api/data.json", ""),
        ("GET", f"/?{make_role('page')}", ""),
        ("OPTIONS", "/", ""),
    )
    for method, path, body in asked:
        status, headers, _ = ask(port, method, path, body, Content_Type=kind, **sent)
        assert status == 403, (method, path)
        assert not [each for each in headers if each.lower().startswith("access-control")]
    assert "page" not in roles(account)
    assert account.client("s3").list_buckets()["Buckets"]
    assert "Contents" not in account.client("s3").list_objects_v2(Bucket="wide")


def test_a_page_of_this_machine_is_answered_and_reads_nothing(port):
    for origin in ("http://localhost:5173", "http://127.0.0.1:8080", f"http://[::1]:{port}"):
        sent = {"Origin": origin, "Sec_Fetch_Site": "cross-site"}
        status, headers, _ = ask(
            port, body="Action=ListRoles", Content_Type=FORM, Authorization=SIGNED, **sent
        )
        assert status == 200 and headers["Access-Control-Allow-Origin"] is None


def test_a_buckets_cors_is_kept(account, port):
    asks = {"Access_Control_Request_Method": "PUT"}
    for bucket, origin, status in (
        ("near", "http://localhost:5173", 200),
        ("wide", "http://localhost:5173", 200),
        ("shop", "https://shop.example", 200),
        ("near", "http://localhost:1", 403),
        ("shop", EVIL, 403),
        ("wide", EVIL, 403),
    ):
        allowed = origin if status == 200 else None
        told = ask(port, "OPTIONS", f"/{bucket}/key", Origin=origin, **asks)
        assert (told[0], told[1]["Access-Control-Allow-Origin"]) == (status, allowed), bucket
    done = ask(port, "PUT", "/shop/key", "mine", Origin="https://shop.example")
    assert (done[0], done[1]["Access-Control-Allow-Origin"]) == (200, "https://shop.example")
    assert account.client("s3").get_object(Bucket="shop", Key="key")["Body"].read() == b"mine"
    # Only as one of S3's: the same origin may not use a bucket's name for another service.
    for headers in (
        {"Authorization": SIGNED},
        {"X_Amz_Target": "AWSCognitoIdentityProviderService.ListUserPools"},
    ):
        assert ask(port, "PUT", "/shop/key", Origin="https://shop.example", **headers)[0] == 403


def roles(account):
    return [each["RoleName"] for each in account.client("iam").list_roles()["Roles"]]


def test_a_workers_own_api_answers_the_worker_alone(account, plane, tmp_path):
    app = Api(account, plane, tmp_path, INSIDER)
    for headers, status in (
        ({}, 202),
        ({"Origin": EVIL}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 403),
    ):
        assert plane.invoke(app.name, json.dumps(headers).encode()).answer == str(status)


@pytest.mark.parametrize(
    "line",
    [
        b"POST / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"[]\n",
        b'"ping"\n',
        b"{}\n",
        b'{"token": "guess", "command": "ping", "arguments": {}}\n',
        b"\x16\x03\x01\x02\x00\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_the_control_port_answers_who_has_its_token(line, capfd):
    ran = []
    server = ControlServer({"ping": lambda screen: ran.append(1)})
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(line)
            assert set(json.loads(connection.makefile().readline())) == {"error"}
    finally:
        server.close()
    assert not ran and capfd.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads /proc")
def test_all_that_listens_listens_on_this_machine_alone(account, plane, tmp_path):
    from platform_lib.local.provider import Journal, Providers

    app = Api(account, plane, tmp_path)
    plane.invoke(app.name, b"{}")
    providers = Providers(account, plane, Journal(tmp_path / "journal"))
    ports = set(providers.start().values())
    control = ControlServer({})
    try:
        found = listening()
    finally:
        control.close()
        providers.stop()
    fronts = {int(url.rpartition(":")[2].strip("/")) for url in (account.endpoint, app.url)}
    assert {*fronts, *ports, control.port} <= {port for _, port in found}
    # 127.0.0.1 as the kernel tells it, and as IPv6 words it.
    assert {address.removeprefix("0" * 16 + "FFFF0000") for address, _ in found} == {"0100007F"}


def listening():
    """Address and port of every socket on which this process listens."""
    own = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            own.add(str(each.readlink()))
        except FileNotFoundError:  # the folder's own
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in own:
                address, _, port = fields[1].rpartition(":")
                found.add((address, int(port, 16)))
    return found


# In a browser

PAGE = """<!doctype html><title>waiting</title><script>
const form = {method: "POST", mode: "no-cors", body: new URLSearchParams(%(form)s)};
const plain = {method: "POST", mode: "no-cors", body: "{}"};
const asks = [
  ["%(account)s/", form], ["%(account)s/moto-api/reset", plain], ["%(account)s/wide/key", plain],
  ["%(account)s/", {headers: {"X-Amz-Target": "x"}}], ["%(account)s/moto-api/data.json", {}],
];
(async () => {
  const seen = [];
  for (const [url, how] of asks) {
    try { seen.push((await fetch(url, how)).status); } catch (problem) { seen.push("refused"); }
  }
  document.title = JSON.stringify(seen);
})();
</script>"""


class Pages(BaseHTTPRequestHandler):
    """Serves one page, and an empty one."""

    page = ""

    def do_GET(self):
        body = b"<!doctype html>" if self.path == "/mine" else self.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


CHROMIUM = find_chromium()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_no_page_of_a_real_browser_gets_in(account, port):
    form = {"Action": "CreateRole", "RoleName": "browser", "AssumeRolePolicyDocument": TRUST}
    Pages.page = PAGE % {"account": account.endpoint, "form": json.dumps(form)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f":{server.server_address[1]}/"

    async def visit():
        rules = "--host-resolver-rules=MAP *.example 127.0.0.1"
        async with open_tab(CHROMIUM, rules) as tab:
            # A page of a stranger: what it sends reaches nothing, what it would read it cannot.
            await tab.open(f"http://evil.example{here}")
            await tab.until("document.title !== 'waiting'")
            stranger = await tab.evaluate("document.title")
            # Its name leads here meanwhile: the page and the account are of one origin.
            await tab.open(f"http://evil.example:{port}/moto-api/data.json")
            await tab.until("document.body.innerText.includes('one machine')")
            rebound = await tab.evaluate("document.body.innerText")
            # The user's own page may put into the bucket that names it, and read that alone.
            await tab.open(f"http://localhost{here}mine")
            put = "fetch('%s', {method: 'PUT', body: 'mine'}).then(r => document.title = r.status)"
            await tab.evaluate(put % f"{account.endpoint}/wide/own")
            await tab.until("document.title === '200'")
            return stranger, rebound

    try:
        stranger, rebound = asyncio.run(visit())
    finally:
        server.shutdown()
        server.server_close()
    assert stranger == json.dumps([0, 0, 0, "refused", "refused"], separators=(",", ":"))
    assert "'evil.example" in rebound
    assert "browser" not in roles(account)
    objects = account.client("s3").list_objects_v2(Bucket="wide")["Contents"]
    assert [each["Key"] for each in objects] == ["own"]
