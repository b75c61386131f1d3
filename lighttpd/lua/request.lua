-- Runs at the start of each request: notes what the access log writes, and chooses the
-- entry (`:0` to `:9`) of the table of back ends in 60-echostream.conf.

local SLOT_MS = 200 -- ten slots: an entry rests 1.8 s, lighttpd takes one back within 1 s
local r = lighty.r

-- The access log is JSON in UTF-8, and a client may send any bytes: leave out those that
-- are not UTF-8, and write BEL and VT as a URL does: lighttpd 1.4.69 escapes these two as
-- \a and \v, which are no JSON.
local function note(name, text)
	if text and utf8.len(text) then
		r.req_env[name] = text:gsub("\a", "%%07"):gsub("\v", "%%0B")
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
