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
    public void An_unknown_domain_gets_the_nearest_name() => Assert.Equal(
        "my.yaml:4:3: problems.domain: There is no domain 'propositonal'. Did you mean 'propositional'? Domains: propositional, blocks, rules.",
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

    [Fact]
    public void The_table_of_keys_in_the_docs_is_the_one_that_is_generated()
    {
        var path = Path.Combine(Repository.Root, "docs", "recipes.md");
        var page = File.ReadAllText(path);
        const string Begin = "<!-- keys of expert-iteration -->\n", End = "<!-- end of keys -->";
        var start = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, start, StringComparison.Ordinal);
        var made = RecipeReference.Write(SystemRecipes.Catalog, "expert-iteration");
        if (Environment.GetEnvironmentVariable("RATCHET_APPROVE") == "1")
            File.WriteAllText(path, page = page[..start] + made + page[end..]);

        Assert.Contains(Begin + made + End, page, StringComparison.Ordinal);
    }
}
