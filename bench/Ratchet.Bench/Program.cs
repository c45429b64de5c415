using Ratchet.Bench;
using Ratchet.Runs;

const string Usage = """
    usage: Ratchet.Bench VERB [options]

      training   own trainer, tensor-library trainer and plain eager code side by side, with the matrix-product ceilings
                 --sizes 1,10 (of 1, 10, 30)  --threads 1,2  --repeats 5  --tokens 2048 (a step)
      sampling   the same three for sampling
                 --sizes 1 (of 1, 10, 30, 100)  --batches 1,32  --threads 1,2  --repeats 5  --prompt 40 (tokens)  --share 1 (samples a prompt)
                 --weights float32,bfloat16,int8 (of the own sampler; float32 unless given)
      grpo       a policy training by GRPO: own kernels, tensor library and plain eager code, rollouts and updates a second and where the time goes
                 --size 1 (of 1, 10, 30)  --threads 2  --repeats 3  --prompts 64  --samples 8  --minibatch 64  --new 64 (tokens)  --plain-batch 128 (sequences)
      load       loading a checkpoint beside cat of its file, and samplers made from it: --megabytes 1000  --type float32 (or bfloat16)  --repeats 5
      trainer    the own trainer alone: --seconds 8  --sizes 1,10,30  --threads 1,2
      sampler    the own sampler alone: THREADS [bf16]
      drafts     prompt lookup decoding beside plain decoding, the same tokens: --repeats 3  --threads 1  --tokens 160  --sizes 1M,12M,40M
                 --model FOLDER (a model of the domain propositional, in the place of random ones)
      search     expansions a second of best-first search with a tiny policy, batched against one by one, and where the time goes
                 --threads 1,2  --theorems 256  --expansions 24  --repeats 3  --model FOLDER (a step prover of the domain propositional)
      metamath   reading and verifying a Metamath database beside the metamath program, and single proofs
                 --database /usr/share/metamath/databases/set.mm  --repeats 3
      metamath-steps   how many known proofs of a Metamath database can be made again step by step
                 --database /usr/share/metamath/databases/set.mm  --first 2000
      coq        Coq checks on one core, warm workers and full checks against one coqc a file, and what a step costs: --repeats 3
      coq-data   which Coq statements of miniF2F and PutnamBench load, and what the portfolio of simple scripts proves
                 --data FOLDER (or RATCHET_DATA)  --part loads|portfolio  --take N (rows)  --list yes (name the rows that differ)
      python     programs a second in the sandbox beside one fresh python3 a program: --repeats 5  --threads 1
                 --programs 10000 (then also that many on the same interpreters: what they hold along the way)
      plans      planners side by side on generated blocks problems, and the verifiers of plans and rules
                 --problems 6 (of each class)  --seconds 1 (for each rate)
      answers    pairs of answers compared in a second, by kind: --repeats 5
                 --data FOLDER: counts on data sets instead
      gold       every data file that the verifiers of answers or plans read: gold accepted, another problem's accepted
                 --data FOLDER (or RATCHET_DATA)  --verifier answers|plans  --file BEGINNING (of the file's name)
      device     the tensor-library trainer and sampler and plain eager code side by side on another device
                 --device cuda  --sizes 10,100 (of 1, 10, 30, 100)  --tokens 8192 (a step)  --batches 1,32,256  --repeats 5
      peers      make FOLDER: small checkpoints and adapters that bench/peers.py opens with Transformers and PEFT; check FOLDER: those that it made
      tokenizers encoding speed beside Hugging Face's Rust and JavaScript tokenizers (node and installed npm packages)
                 --packages node_modules  --tokenizers llama2,llama3_1,qwen3  --texts README.md (files)  --repeats 5
    """;

var rest = args.Skip(1).ToArray();
Action? verb = args.FirstOrDefault() switch
{
    "training" => () => TrainingSideBySide.Run(rest),
    "sampling" => () => SamplingSideBySide.Run(rest),
    "grpo" => () => GrpoBench.Run(rest),
    "load" => () => LoadBench.Run(rest),
    LoadBench.OnceVerb => () => LoadBench.RunOnce(rest),
    "trainer" => () => TrainerBench.Run(rest),
    "sampler" => () => SamplerBench.Run(rest),
    "drafts" => () => DraftBench.Run(rest),
    "search" => () => SearchBench.Run(rest),
    "coq" => () => CoqBench.Run(rest),
    "coq-data" => () => CoqData.Run(rest),
    "metamath" => () => MetamathBench.Run(rest),
    "metamath-steps" => () => MetamathSteps.Run(rest),
    MetamathBench.OnceVerb => () => MetamathBench.RunOnce(rest),
    "python" => () => PythonBench.Run(rest),
    "plans" => () => PlansBench.Run(rest),
    "answers" => () => AnswersBench.Run(rest),
    "gold" => () => GoldTables.Run(rest),
    "device" => () => DeviceBench.Run(rest),
    "peers" => () => Peers.Run(rest),
    "tokenizers" => () => TokenizersSideBySide.Run(rest),
    _ => null,
};
if (verb is null)
{
    Console.Error.WriteLine(Usage);
    return 2;
}

try
{
    verb();
    return 0;
}
catch (RatchetException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (Exception e) when (e is ArgumentException or FormatException)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
