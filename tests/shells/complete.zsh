# complete.zsh FOLDER: for each line of standard input prints what zsh completes it to, with the functions in FOLDER: the line,
# then the words, apart by tabs. A real interactive zsh on a terminal of its own, whose compadd tells what is added.
zmodload zsh/zpty
setup=$(mktemp)
trap 'rm -f $setup' EXIT
cat >$setup <<'END'
PROMPT= RPROMPT= PS2=
unsetopt zle_bracketed_paste prompt_sp prompt_cr beep 2>/dev/null
fpath=($FOLDER $fpath)
autoload -Uz compinit && compinit -D -u
bindkey -e
bindkey '^I' complete-word
# Called once, it has to ask for the next time itself.
ends() { print -r -- $'\n'"<end>"; comppostfuncs+=(ends) }
comppostfuncs=(ends)
zstyle ':completion:*' insert-tab false
zstyle ':completion:*' list-grouped false
compadd() {
  # With these it only fills arrays.
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a __hits
  builtin compadd -A __hits "$@"
  local __hit
  for __hit in $__hits; do
    print -r -- $'\n'"<word>$__hit"
  done
  builtin compadd "$@"
}
print -r -- "<end>"
END
zpty shell "FOLDER=${(q)1} TERM=dumb zsh -f -i"

# Words until <end>, or until nothing has come for long.
collect() {
  local piece line
  words=()
  for (( i = 0; i < 6000; i++ )); do
    while [[ $answer == *$'\n'* ]]; do
      line=${${answer%%$'\n'*}//$'\r'}
      answer=${answer#*$'\n'}
      case $line in
      *'<word>'*) words+=(${line##*'<word>'}) ;;
      *'<end>'*) return ;;
      esac
    done
    zpty -r -t shell piece && answer+=$piece || sleep 0.01
  done
  print -ru2 "complete.zsh: no answer"
  exit 1
}

answer=
zpty -w shell " source $setup"
collect
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t'
  collect
  print -r -- "$line"$'\t'${(pj:\t:)words}
  zpty -w -n shell $'\C-u'
done
