use super::{each_calls, each_is_dangerous};

#[test]
fn defaults_count_where_the_variable_is_empty_or_not_set() {
    each_is_dangerous(&[
        "unset T; pm2 delete ${T:-all}",
        "T=; pm2 delete ${T:-all}",
        "unset T; pm2 delete ${T-all}",
        "unset T; : ${T:=all}; pm2 delete $T",
        "unset T; pm2 delete \"${T:=all}\"; T=$T",
        "T=x; pm2 delete ${T:+all}",
        "T=all; pm2 delete ${T:?no target}",
        "unset T U; pm2 delete ${T:-${U:-all}}",
        "unset T; pm2 ${T:-delete all}",
    ]);
    each_calls(
        &["pm2 delete web"],
        &["T=web; pm2 delete ${T:-all}", "T=web; pm2 delete ${T:=all}"],
    );
    each_calls(&["pm2 delete all", "pm2 delete ‹$T›"], &["pm2 delete ${T:-all}"]);
    each_calls(&["pm2 delete"], &["T=; pm2 delete ${T-all}", "unset T; pm2 delete ${T:+all}"]);
}

#[test]
fn a_script_ends_where_a_needed_variable_is_missing() {
    each_calls(&[], &["unset T; : ${T:?}; pm2 delete all", "T=; pm2 delete ${T:?}"]);
    each_calls(&["rm -rf ‹$DIR›/‹*›"], &[": \"${DIR:?}\"; rm -rf \"$DIR\"/*"]);
    each_calls(&["rm -rf ‹$DIR?›/‹*›"], &["rm -rf \"$DIR\"/*"]);
}

#[test]
fn patterns_take_the_beginning_or_the_end_away() {
    each_is_dangerous(&[
        "X=all.txt; pm2 delete ${X%.*}",
        "X=all.tar.gz; pm2 delete ${X%%.*}",
        "X=apps/all; pm2 delete ${X#*/}",
        "X=/srv/apps/all; pm2 delete ${X##*/}",
        "X=v1-all; P=v1-; pm2 delete ${X#$P}",
        "X=all7; pm2 delete ${X%[0-9]}",
        "X='a*all'; pm2 delete ${X#'a*'}",
        "X=\"$HOME/x/all\"; pm2 delete ${X##*/}",
        "X=xall; pm2 delete \"${X#?}\"",
    ]);
    each_calls(&["pm2 delete web"], &["X=web; pm2 delete ${X%.*}", "X=web; pm2 delete ${X#all}"]);
    each_calls(&["rm -rf ‹$DIR?›"], &["X=\"$DIR/current\"; rm -rf ${X%/*}"]);
}

#[test]
fn text_is_replaced_cut_and_recased() {
    each_is_dangerous(&[
        "X=a-l-l; pm2 delete ${X//-/}",
        "X=aXl; pm2 delete ${X/X/l}",
        "X=xxall; pm2 delete ${X/#xx/}",
        "X=allxx; pm2 delete ${X/%xx}",
        "X=a/l/l; pm2 delete ${X//\\//}",
        "X=a12l34l; pm2 delete ${X//[0-9]/}",
        "X=xallx; pm2 delete ${X:1:3}",
        "X=xall; pm2 delete ${X:1}",
        "X=zall; pm2 delete ${X: -3}",
        "X=allz; pm2 delete ${X:0:-1}",
        "X=ALL; pm2 delete ${X,,}",
        "X=all DEL=delete; CMD=PM2; ${CMD,,} $DEL $X",
    ]);
    each_calls(&["pm2 delete ALL"], &["X=all; pm2 delete ${X^^}"]);
    each_calls(&["pm2 delete All"], &["X=all; pm2 delete ${X^}"]);
}

#[test]
fn names_lengths_and_numbers_are_worked_out() {
    each_is_dangerous(&[
        "T=all; N=T; pm2 delete ${!N}",
        "T=(web all); pm2 delete ${T[$((${#T[@]} - 1))]}",
        "T=(web all); pm2 delete ${T[-1]}",
        "T=(web all); i=0; pm2 delete ${T[i+1]}",
    ]);
    each_calls(&["pm2 delete 3"], &["X=abc; pm2 delete ${#X}"]);
    each_calls(&["pm2 delete 2"], &["X=(a b); pm2 delete ${#X[@]}"]);
    each_calls(
        &["pm2 delete 7"],
        &[
            "pm2 delete $((1 + 2 * 3))",
            "x=3; pm2 delete $((x * 2 + 1))",
            "x=6; ((x++)); pm2 delete $x",
            "let x=3+4; pm2 delete $x",
            "pm2 delete $(( 1 ? 7 : 8 ))",
            "pm2 delete $((0x7))",
            "x=3; x=$((x + 4)); pm2 delete $x",
            "pm2 delete $(( (1 << 3) - 1 ))",
        ],
    );
}

#[test]
fn what_is_random_or_unknown_is_a_hole() {
    each_calls(&["pm2 delete ‹$RANDOM?›"], &["pm2 delete $RANDOM"]);
    each_calls(&["pm2 delete ‹$(date)›"], &["pm2 delete $(date)"]);
    each_calls(&["pm2 delete ‹$((RANDOM % 3))›"], &["pm2 delete $((RANDOM % 3))"]);
    each_calls(&["pm2 delete ‹$T?›"], &["pm2 delete $T"]);
    each_calls(&["pm2 delete ‹$T›"], &["set -u; pm2 delete $T", "set -o nounset\npm2 delete $T"]);
}

#[test]
fn too_many_alternatives_are_said_not_dropped() {
    let many = |name: &str| {
        let arms: Vec<String> = (0..9).map(|n| format!("{n}) {name}={name}{n};;")).collect();
        format!("case $1 in {} esac\n", arms.join(" "))
    };
    let script = format!("{}{}{}pm2 delete $A-$B-$C", many("A"), many("B"), many("C"));
    let calls = super::calls(&script);
    assert!(calls.iter().any(|call| call.contains('…')), "{calls:?}");
}
