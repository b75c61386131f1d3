#!/bin/sh
# The format of C files (clang-format 14, because other versions format differently), and shell scripts.
. "$(dirname -- "$0")/lib.sh"

formatter=clang-format
command -v clang-format-14 >/dev/null && formatter=clang-format-14
case $($formatter --version) in
*' 14.'*)
	rule 'clang-format has nothing to change' "$(
		{
			c_files
			[ -d tests ] && find tests -name '*.[ch]'
		} | xargs -r "$formatter" --dry-run -Werror 2>&1 |
			sed -n 's/:[0-9]*:[0-9]*: error:.*//p' | uniq -c | sed 's/$/ (clang-format -i)/'
	)"
	;;
*) echo "skip clang-format version 14 is not installed" ;;
esac

shells=$({
	echo dev
	echo .ci/run
	echo packaging/ci/images
	find packaging tests bench -name '*.sh' 2>/dev/null
} | while read -r file; do [ -f "$file" ] && echo "$file"; done)
# Scripts that need bash run in images of Debian only.
bashes=$(find packaging tests -name '*.bash' 2>/dev/null)
rule 'every shell script parses' "$(
	for file in $shells; do sh -n "$file" 2>&1; done
	for file in $bashes; do bash -n "$file" 2>&1; done
)"
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2086
	rule 'shellcheck has no warning' "$(shellcheck -s sh -S warning -e SC1090,SC1091,SC2034,SC2154 -f gcc $shells 2>&1
		shellcheck -s bash -S warning -f gcc $bashes /dev/null 2>&1)"
else
	echo 'skip shellcheck not installed'
fi
