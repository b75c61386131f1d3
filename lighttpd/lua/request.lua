-- Runs at the start of each request: notes what the access log writes, and chooses the
-- entry (`:0` to `:9`) of the table of back ends in 60-echostream.conf.

local SLOT_MS = 200 -- ten slots: an entry rests 1.8 s, lighttpd takes one back within 1 s
local r = lighty.r

-- The access log is JSON, and a client may send any bytes: write all but printable ASCII as
-- a URL does. lighttpd's own escaping makes no JSON of BEL and VT (1.4.69), and no UTF-8 of
-- characters with a byte from 0x80 to 0x9f (1.4.79).
local function note(name, text)
	if text then
		r.req_env[name] = text:gsub("[^ -~]", function(c)
			return string.format("%%%02X", c:byte())
		end)
	end
end

local path = r.req_attr["uri.path"]
note("ES_PATH", path)
note("ES_AGENT", r.req_header["User-Agent"])

-- lighttpd marks an entry as down when a connect fails, and looks at it again once a
-- second. All entries are the same socket, each has its own mark: the entry of the next
-- slot is unmarked, so a program that is back is used again within SLOT_MS.
if path == "/ws" or path:sub(1, 5) == "/api/" then
	local s, ns = lighty.c.hrtime()
	local slot = (s * 1000 + ns // 1000000) // SLOT_MS % 10

	r.req_attr["uri.path"] = path .. ":" .. slot
end
