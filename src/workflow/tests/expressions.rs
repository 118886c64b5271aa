use super::*;

/// All texts that the first script of a workflow can come to.
fn alternatives(text: &str) -> Vec<String> {
    let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
    reading.scripts[0].alternatives().iter().map(|way| way.text.as_str().to_owned()).collect()
}

#[test]
fn an_expression_comes_to_each_value_that_the_file_gives_it() {
    let job = |around: &str, run: &str| {
        format!(
            "{around}\njobs:\n  d:\n    strategy: {{matrix: {{cmd: [pm2 list, pm2 delete all], n: \
                 [1, 2, 3, 4, 5, 6, 7, 8, 9], include: [{{cmd: ls}}]}}}}\n    runs-on: x\n    env: {{APP: \
                 web, OPEN: '${{{{ secrets.X }}}}'}}\n    steps: [{{run: '{run}'}}]\n"
        )
    };
    let matrix = alternatives(&job("", "${{ matrix.cmd }} -- ${{matrix.cmd}}"));
    assert_eq!(matrix, ["pm2 list -- pm2 list", "pm2 delete all -- pm2 delete all", "ls -- ls"]);
    assert_eq!(
        alternatives(&job("", "a ${{ env.APP }} ${{ env.OPEN }}")),
        ["a web ${{ secrets.X }}"]
    );
    assert_eq!(alternatives(&job("", "${{ github.sha }} ${{ matrix.none }}")).len(), 1);
    assert_eq!(alternatives(&job("", "${{ matrix.n }} ${{ matrix.cmd }}")).len(), 19);

    let dispatch = "on: {workflow_dispatch: {inputs: {app: {default: all}, \
                    env: {type: choice, options: [test, prod]}, free: {}}}}";
    let run = "pm2 delete ${{ inputs.app }}";
    assert_eq!(alternatives(&job(dispatch, run)), ["pm2 delete all", run]);
    let choice =
        alternatives(&job(dispatch, "x ${{ github.event.inputs.env }} ${{ inputs.free }}"));
    assert_eq!(choice, ["x test ${{ inputs.free }}", "x prod ${{ inputs.free }}"]);
}

#[test]
fn what_an_expression_comes_to_is_found_at_the_expression() {
    let text = "jobs:\n  d:\n    runs-on: x\n    env: {T: all}\n    steps: [{run: 'pm2 delete ${{ env.T }} x'}]";
    let reading = read(Arc::new(SourceFile::new(GITHUB, text)), &Config::default());
    let filled = &reading.scripts[0].alternatives()[0].text;
    assert_eq!(filled.as_str(), "pm2 delete all x");
    let written = |range| &text[filled.locate(range).unwrap().range];
    assert_eq!(written(11..14), "${{ env.T }}");
    assert_eq!(written(0..14), "pm2 delete ${{ env.T }}");
    assert_eq!(written(15..16), "x");
}
