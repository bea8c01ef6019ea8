# complete.bash FILE: for each line of standard input prints what bash completes it to, as FILE says: the line, then the words,
# apart by tabs. Words part at blanks, and as readline has it at "=" and ":". --bare: without bash-completion.
# shellcheck shell=bash source=/dev/null
if [[ $1 == --bare ]]; then
    shift
else
    source /usr/share/bash-completion/bash_completion
fi
source "$1"

while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line}
    read -r -a COMP_WORDS <<<"$(sed -E 's/[=:]+/ & /g' <<<"$line")"
    [[ $line == *[[:blank:]] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMP_TYPE=9 COMP_KEY=9 COMPREPLY=()
    _fernit fernit "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
    printf '%s' "$line"
    printf '\t%s' "${COMPREPLY[@]}"
    echo
done
