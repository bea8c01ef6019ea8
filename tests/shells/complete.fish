# complete.fish FILE: for each line of standard input prints what fish completes it to, as FILE says: the line, then the words,
# apart by tabs.
source $argv[1]
while read -l line
    set -l words (complete -C "$line" | string split -f 1 \t)
    string join \t -- "$line" $words
end
