-- lighttpd runs this script at the start of each request. The script sets the fields of the access
-- log, and selects the entry (`:0` to `:9`) in the table of back ends (60-echostream.conf).

local SLOT_MS = 200 -- one of ten slots: an entry then rests for 1.8 s, and lighttpd enables it within 1 s
local r = lighty.r

-- Encode all bytes but printable ASCII as in a URL, because a client may send any bytes and the access
-- log is JSON. lighttpd's own escaping writes invalid JSON for BEL and VT (1.4.69), and invalid UTF-8
-- for characters with a byte from 0x80 to 0x9f (1.4.79).
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

-- lighttpd disables an entry when a connect fails, and enables it again within a second. All entries
-- name the same socket, but lighttpd disables each one separately. The entry of the next slot is
-- enabled, so lighttpd uses a restarted program again within SLOT_MS.
if path == "/ws" or path:sub(1, 5) == "/api/" then
	local s, ns = lighty.c.hrtime()
	local slot = (s * 1000 + ns // 1000000) // SLOT_MS % 10

	r.req_attr["uri.path"] = path .. ":" .. slot
end
