using Ratchet.Recipes;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

public sealed class ExpertIterationRecipeTests
{
    private static RecipeReading Read(string text, params RecipeOverride[] overrides) => SystemRecipes.Catalog.Read(text, "my.yaml", null, overrides);

    private static string Mistakes(RecipeReading reading) => string.Join("\n", reading.Mistakes);

    [Fact]
    public void Every_default_is_pinned()
    {
        Assert.Equal("""
            system: expert-iteration
            name: a
            description: null
            expect: null
            seed: 1
            rounds: 4
            device: cpu
            threads: 0
            problems:
              domain: propositional
              file: null
              seed: 300
              train: 1200
              heldout: 200
            model:
              path: null
              tokenizer: domain
              vocabulary: 512
              chat_template: true
              layers: 5
              hidden_size: 128
              heads: 4
              key_value_heads: 2
              head_size: null
              feed_forward_size: 352
              max_positions: 192
              rope_theta: 10000
              qk_norm: true
              tied_head: true
              weights_type: float32
            start:
              epochs: 4
              learning_rate: null
              augment: 4
            propose:
              samples: 8
              temperature: 1
              top_p: 1
              top_k: 0
              max_new_tokens: 128
              tools: none
              tool_calls: 4
              batch_problems: 64
              problems_per_round: 0
              endpoint: null
            verify:
              verifier: kernel
              unknown_limit: 0.1
            selection:
              per_problem: 4
              prefer: shortest
              window: [0, 1]
              replay_rounds: -1
              include_seed: true
              seed_weight: 1
              shuffle_verdicts: false
              seed_only: false
            learn:
              from: base
              epochs: 2
              batch_tokens: 4096
              learning_rate: 0.002
              warmup_fraction: 0.05
              decay: cosine
              final_fraction: 0.1
              weight_decay: 0.1
              beta1: 0.9
              beta2: 0.95
              clip_norm: 1
              shards: 4
              micro_batch_tokens: null
              gradient_checkpointing: false
              compute: float32
              lora: null
              external: null
              snapshot_steps: 200
              augment: 1
            evaluate:
              samples: 8
              k: [1, 8]
              temperature: 0.8
              greedy: true
              every: 1
              bootstrap: 2000
            engine:
              sampler: auto
              learner: auto

            """.ReplaceLineEndings("\n"), RecipeWriter.Write(new ExpertIterationRecipe { Name = "a" }));
    }

    [Fact]
    public void The_defaults_have_no_conflicts()
    {
        var reading = Read("system: expert-iteration\nname: a");

        Assert.Empty(reading.Mistakes);
        Assert.Equal(new ExpertIterationRecipe { Name = "a" }, reading.Recipe);
    }

    [Fact]
    public void Settings_that_cannot_work_together_are_all_refused_with_their_lines()
    {
        var reading = Read("""
            system: expert-iteration
            name: a
            device: cuda
            model:
              heads: 5
              key_value_heads: 2
              max_positions: 100
            propose:
              problems_per_round: 5000
            selection:
              shuffle_verdicts: true
              seed_only: true
            evaluate:
              k: [1, 16]
            engine:
              learner: own
            """);

        Assert.Equal("""
            my.yaml:5:3: model.heads: 5 heads do not divide a hidden size of 128. Make hidden_size a multiple of heads, or give head_size.
            my.yaml:6:3: model.key_value_heads: 2 key and value heads do not divide 5 query heads (model.heads). Make heads a multiple of key_value_heads.
            my.yaml:7:3: propose.max_new_tokens: 128 new tokens leave no place for a prompt in model.max_positions (100). Make propose.max_new_tokens smaller or model.max_positions larger.
            my.yaml:9:3: propose.problems_per_round: A round cannot take 5000 of 1200 training problems (problems.train). Make it smaller, or 0 for all.
            my.yaml:11:3: selection.shuffle_verdicts: shuffle_verdicts and seed_only are two different controls and cannot both be on. Run them one after the other.
            my.yaml:14:3: evaluate.k: pass@16 needs at least 16 attempts, and evaluate.samples is 8. Make samples larger or leave this k out.
            my.yaml:16:3: engine.learner: The own learner runs on the CPU only, and device is cuda. Set engine.learner to auto or torch, or device to cpu.
            """.ReplaceLineEndings("\n"), Mistakes(reading));
    }

    [Fact]
    public void Mistakes_in_adapters_and_other_trainers_are_named()
    {
        var adapter = Read("""
            system: expert-iteration
            name: a
            learn:
              lora: {rank: 0, target: [q_proj], dropout: 1}
              gradient_checkpointing: true
            engine:
              learner: own
            """);
        var external = Read("""
            system: expert-iteration
            name: a
            model:
              path: somewhere
            selection:
              seed_weight: 0.5
            learn:
              lora: {targets: []}
              external: {command: [python3, train.py, "{rows}"], format: preference}
            """);

        Assert.Equal("""
            my.yaml:4:3: learn.lora: The own learner does not know learn.lora. Set engine.learner to auto or torch, or leave learn.lora out.
            my.yaml:4:16: learn.lora.rank: '0' is out of bounds. It must be from 1 to 4096.
            my.yaml:4:19: learn.lora.target: There is no such key. Did you mean 'targets'? Keys of learn.lora: rank, alpha, dropout, targets, dora, rslora.
            my.yaml:4:46: learn.lora.dropout: '1' is out of bounds. It must be at least 0 and below 1.
            """.ReplaceLineEndings("\n"), Mistakes(adapter));
        Assert.Equal("""
            my.yaml:6:3: selection.seed_weight: The layouts for other trainers have no place for row weights. Set it to 1 beside learn.external.
            my.yaml:8:3: learn.lora: learn.lora is for training here, and learn.external has another program do it. Leave one of the two out.
            my.yaml:8:10: learn.lora.targets: At least one target is needed. For example [all-linear] or [q_proj, v_proj].
            my.yaml:9:14: learn.external.command: The command does not say where {out} goes. Put {out} into one of its arguments.
            my.yaml:9:54: start.epochs: Seed problems have no rejected attempts, so there is nothing to prefer in the start training (learn.external.format). Set start.epochs to 0.
            """.ReplaceLineEndings("\n"), Mistakes(external));
    }

    [Fact]
    public void An_unknown_domain_gets_the_nearest_name() => Assert.Equal(
        "my.yaml:4:3: problems.domain: There is no domain 'propositonal'. Did you mean 'propositional'? Domains: propositional, blocks, rules, arithmetic, instructions.",
        Mistakes(Read("system: expert-iteration\nname: a\nproblems:\n  domain: propositonal")));

    [Fact]
    public void The_recipe_of_the_main_job_is_right()
    {
        var path = Path.Combine(Repository.Root, "recipes", "first-proofs.yaml");

        var recipe = (ExpertIterationRecipe)SystemRecipes.Catalog.ReadFile(path).ThrowIfWrong();

        Assert.Equal("first-proofs", recipe.Name);
        Assert.Equal(0.6, recipe.Expect!.AtLeast);
    }

    [Fact]
    public void The_schema_in_the_docs_is_the_one_that_is_generated()
    {
        var path = Path.Combine(Repository.Root, "docs", "recipe.schema.json");
        var made = RecipeSchema.Write(SystemRecipes.Catalog);
        if (Environment.GetEnvironmentVariable("RATCHET_APPROVE") == "1")
            File.WriteAllText(path, made);

        Assert.True(made == File.ReadAllText(path), "docs/recipe.schema.json is out of date: './ratchet schema -o docs/recipe.schema.json' writes it.");
    }

    [Theory]
    [InlineData("expert-iteration")]
    [InlineData("chain-of-experts")]
    [InlineData("bfs-prover")]
    [InlineData("echo-chamber")]
    [InlineData("alpaca-farm")]
    [InlineData("study")]
    public void The_table_of_keys_in_the_docs_is_the_one_that_is_generated(string system)
    {
        var path = Path.Combine(Repository.Root, "docs", "recipes.md");
        var page = File.ReadAllText(path);
        var begin = $"<!-- keys of {system} -->\n";
        const string End = "<!-- end of keys -->";
        var start = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        var end = page.IndexOf(End, start, StringComparison.Ordinal);
        var made = RecipeReference.Write(SystemRecipes.Catalog, system);
        if (Environment.GetEnvironmentVariable("RATCHET_APPROVE") == "1")
            File.WriteAllText(path, page = page[..start] + made + page[end..]);

        Assert.Contains(begin + made + End, page, StringComparison.Ordinal);
    }
}
