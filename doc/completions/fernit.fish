# fish completion of fernit(1). The lines with @...@ become the program's own tables: doc/fish.c.

# The options of a command, as argparse has them.
function __fernit_specs
    switch "$argv"
        # @specs@
    end
end

# Prints the command before the cursor: "run", "key print".
function __fernit_command
    set -l words (commandline -opc)
    if test "$words[2]" = key
        string join ' ' -- $words[2..3]
    else
        echo -- $words[2]
    end
end

# Whether the next word is a command, or what follows `key`.
function __fernit_at_command
    set -l words (commandline -opc)
    test "$words[2..-1]" = "$argv"
end

# Prints what `run` is to start, once its options have ended, with the word at the cursor.
function __fernit_rest
    set -l words (commandline -opc) (commandline -ct)
    test "$words[2]" = run
    or return 1
    argparse -s (__fernit_specs run) -- $words[3..-1] 2>/dev/null
    or return 1
    test (count $argv) -gt 0
    or return 1
    # The word at the cursor may still become an option, unless "--" stands before it.
    if test (count $argv) -eq 1; and test "$words[-2]" != --; and string match -q -- '-*' $argv[1]
        return 1
    end
    printf '%s\0' $argv
end

function __fernit_complete_rest
    __fish_complete_subcommand --commandline (__fernit_rest | string split0)
end

# Whether the option may stand at the cursor.
function __fernit_takes
    string match -q -r -- "^$argv(=.*)?\$" (__fernit_specs (__fernit_command))
    and not __fernit_rest_is_behind
end

# Whether the command that `run` is to start stands before the cursor.
function __fernit_rest_is_behind
    set -l rest (__fernit_rest | string split0)
    set -l words (commandline -opc)
    test (count $rest) -gt 1
    or begin
        test (count $rest) -eq 1
        and test "$words[-1]" = --
    end
end

# Two signals, a colon between.
function __fernit_rewrite
    # @signals@
    set -l word (commandline -ct | string replace -r -- '^--[^=]*=' '')
    if string match -q '*:*' -- $word
        string join \n -- (string split -f 1 : -- $word):{$signals,0}
    else
        string join \n -- $signals:
    end
end

complete -c fernit -f
# @commands@
# @commands key@
# @options@
complete -c fernit -n 'test -n "$(__fernit_specs (__fernit_command))"; and not __fernit_rest_is_behind' -s h -l help -d 'say what it does'
# @words@
# @pages@
complete -c fernit -n __fernit_rest -a '(__fernit_complete_rest)'
