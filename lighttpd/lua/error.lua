-- lighttpd runs this script before it writes the headers of each answer. The script completes
-- lighttpd's own errors, of which the pages in errors/ have only the fields that never change.

local OWN = "application/problem+json; by=lighttpd" -- 59-echostream-errors.conf
local r = lighty.r
local path = r.req_env["ES_PATH"]

-- Encode all bytes but printable ASCII, as request.lua does.
local function plain(text)
	return (text:gsub("[^ -~]", function(c)
		return string.format("%%%02X", c:byte())
	end))
end

-- Set the fields of the access log for requests that lighttpd refused before request.lua ran.
if not path then
	path = plain((r.req_attr["request.orig-uri"] or ""):match("^[^?]*"))
	r.req_env["ES_PATH"] = path
	r.req_env["ES_AGENT"] = plain(r.req_header["User-Agent"] or "-")
end

if r.resp_header["Content-Type"] ~= OWN then
	return
end

-- The API's rule: keep an id of 8 to 64 letters, digits, `.`, `_`, `-`; else make a new one.
local function request_id()
	local given = r.req_header["X-Request-Id"]

	if given and #given >= 8 and #given <= 64 and not given:find("[^%w._-]") then
		return given
	end
	local s, ns = lighty.c.hrtime()
	local ms = s * 1000 + ns // 1000000
	local a, b, c = lighty.c.rand(), lighty.c.rand(), lighty.c.rand()

	return string.format("%08x-%04x-7%03x-%04x-%04x%08x", ms >> 16, ms & 0xffff,
		a & 0xfff, 0x8000 | b & 0x3fff, a >> 12 & 0xffff, c & 0xffffffff)
end

-- Quote printable ASCII as JSON. bsenc_json of lighttpd 1.4.69 writes \xNN, which is not JSON.
local function json(text)
	return '"' .. text:gsub('["\\]', "\\%0") .. '"'
end

local page = r.resp_body.get
local status = tonumber(page:match('"status":(%d+)'))
local wait_ms = tonumber(page:match('"retryAfterMs":(%d+)'))
local id = request_id()
local more = ',"requestId":"' .. id .. '"}\n'

if path:sub(1, 1) == "/" then
	more = ',"instance":' .. json(path) .. more
end
-- Build the whole body before the access to `set`, because that access empties the body.
local body = page:match("^(.*)}%s*$") .. more

r.resp_body.set({ body })
r.resp_header["Content-Type"] = "application/problem+json"
r.resp_header["X-Request-Id"] = id
-- Let a web app of any origin read these errors, because they have no data of a tenant, and only the
-- API knows the origins of a tenant.
r.resp_header["Access-Control-Allow-Origin"] = "*"
r.resp_header["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After"
if wait_ms then
	r.resp_header["Retry-After"] = tostring((wait_ms + 999) // 1000)
end
-- 57-echostream-headers sets these only for requests that lighttpd could parse.
r.resp_header["X-Content-Type-Options"] = "nosniff"
r.resp_header["X-Frame-Options"] = "DENY"
r.resp_header["Referrer-Policy"] = "no-referrer"
-- Answer with the status of the page: lighttpd itself says 500 when a back end stops in the middle
-- of a request, and errors/problem.500.html makes that a 502.
return status
