# shellcheck shell=bash
# bash completion of fernit(1). The lines with @...@ become the program's own tables: tools/bash.c.

__fernit_commands() {
    # @commands@
}

__fernit_key_commands() {
    # @commands key@
}

__fernit_pages() {
    # @pages@
}

__fernit_signals() {
    # @signals@
}

# The options of a command: "run", "key print".
__fernit_options() {
    case $1 in
    # @options@
    esac
}

# What stands behind the options of a command.
__fernit_words() {
    case $1 in
    # @words@
    esac
}

# What the value of an option is: a sort, and its words. Nothing for a flag.
__fernit_value() {
    case $1 in
    # @values@
    esac
}

# Joins what readline has parted at "=" and ":", up to the cursor: words, and where each begins in COMP_WORDS.
__fernit_join() {
    local line=${COMP_LINE:0:COMP_POINT} part i
    words=() places=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if ((i > 0)) && [[ $line != [[:blank:]]* && ($part == [=:]* || ${COMP_WORDS[i - 1]} == *[=:]) ]]; then
            words[${#words[@]} - 1]+=$part
        else
            words+=("$part")
            places+=("$i")
        fi
        line=${line#"${line%%[![:blank:]]*}"}
        line=${line#"$part"}
    done
}

# Replies with those lines of standard input that go on from $2, each behind $1.
__fernit_reply() {
    local line
    while IFS= read -r line; do
        [[ $line == "$2"* ]] && COMPREPLY+=("$1$line")
    done
}

# __fernit_complete_value BEFORE VALUE SORT WORD...: BEFORE stands before the value in the same word.
__fernit_complete_value() {
    local before=$1 value=$2 sort=$3
    shift 3
    case $sort in
    word) __fernit_reply "$before" "$value" < <(printf '%s\n' "$@") ;;
    list)
        [[ $value == *,* ]] && before+=${value%,*},
        __fernit_reply "$before" "${value##*,}" < <(printf '%s\n' "$@")
        ;;
    signal) __fernit_reply "$before" "$value" < <(__fernit_signals && echo none) ;;
    rewrite)
        if [[ $value == *:* ]]; then
            __fernit_reply "$before${value%%:*}:" "${value#*:}" < <(__fernit_signals && echo 0)
        else
            compopt -o nospace 2>/dev/null
            __fernit_reply "$before" "$value" < <(__fernit_signals | sed 's/$/:/')
        fi
        ;;
    user)
        if [[ $value == *:* ]]; then
            __fernit_reply "$before${value%%:*}:" "${value#*:}" < <(compgen -g)
        else
            __fernit_reply "$before" "$value" < <(compgen -u)
        fi
        ;;
    folder)
        compopt -o filenames 2>/dev/null
        __fernit_reply "$before" '' < <(compgen -d -- "$value")
        ;;
    file)
        compopt -o filenames 2>/dev/null
        __fernit_reply "$before" '' < <(compgen -f -- "$value")
        ;;
    topic) __fernit_reply "$before" "$value" < <(__fernit_pages) ;;
    esac
}

# What `run` is to start: as the shell completes that command.
__fernit_complete_command() {
    local place=$1
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$place"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$place"
    elif ((place == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

# Takes from the replies what readline keeps: all up to the last "=" or ":" of the word, where it parts words there.
__fernit_shorten() {
    local kept=$1
    while [[ -n $kept ]]; do
        [[ $kept == *[=:] && $COMP_WORDBREAKS == *"${kept: -1}"* ]] && break
        kept=${kept%?}
    done
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}

_fernit() {
    local words places command at current last option value sort
    COMPREPLY=()
    __fernit_join
    last=$((${#words[@]} - 1)) current=${words[${#words[@]} - 1]}
    command=${words[1]} at=2
    if ((last == 1)); then
        __fernit_reply '' "$current" < <(__fernit_commands)
        return
    fi
    if [[ $command == key ]]; then
        if ((last == 2)); then
            __fernit_reply '' "$current" < <(__fernit_key_commands)
            return
        fi
        command+=" ${words[2]}" at=3
    fi
    sort=$(__fernit_words "$command")

    # Over the options, up to the word at the cursor.
    for (( ; at < last; at++)); do
        option=${words[at]}
        if [[ $option == -- || $option != -?* ]]; then
            [[ $option == -- ]] && ((at++))
            if [[ $sort == command ]]; then
                __fernit_complete_command "${places[at]}"
                return
            fi
            [[ $option == -- ]] && ((at--))
            continue
        fi
        [[ $option != *=* && -n $(__fernit_value "$option") ]] || continue
        ((++at < last)) && continue
        # shellcheck disable=SC2046 # the words of a value are one word each
        __fernit_complete_value '' "$current" $(__fernit_value "$option")
        __fernit_shorten "$current"
        return
    done

    if [[ $current == --*=* ]]; then
        option=${current%%=*} value=${current#*=}
        # shellcheck disable=SC2046
        __fernit_complete_value "$option=" "$value" $(__fernit_value "$option")
        __fernit_shorten "$current"
    elif [[ $current == -* ]]; then
        __fernit_reply '' "$current" < <(__fernit_options "$command")
    elif [[ $sort == command ]]; then
        __fernit_complete_command "${places[last]}"
    else
        __fernit_complete_value '' "$current" "${sort:-none}"
        [[ -n $current$sort ]] || __fernit_reply '' '' < <(__fernit_options "$command")
    fi
}

complete -F _fernit fernit
