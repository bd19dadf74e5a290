/** Where figures come from, by the ids that devices use. `url` is null where a text was seen whose address is not known. */
export const SOURCES = {
  'wikipedia-gpu-parsed-voidful': {
    title: 'Wikipedia GPU tables as parsed by voidful/gpu-info-api (branch gpu-data, gpu.json)',
    url: 'https://github.com/voidful/gpu-info-api/blob/03a6b34a8cc7b761a0b70a5956a478c76062e6ec/gpu.json',
  },
  'report-sets-datasheets-nvidia': {
    title: 'a report that sets pages and datasheets of NVIDIA and AMD side by side',
    url: null,
  },
  'nvidia-ampere-architecture-depth': {
    title: 'NVIDIA Ampere Architecture In-Depth (NVIDIA blog)',
    url: 'https://developer.nvidia.com/blog/nvidia-ampere-architecture-in-depth/',
  },
  'nvidia-a100-h100-h200': {
    title: 'NVIDIA A100 / H100 / H200 datasheet tables',
    url: 'https://resources.nvidia.com/en-us-gpu-resources/h100-datasheet-24306',
  },
  'dense-makers-documents-beside': {
    title: "a table of dense figures with the makers' documents beside them",
    url: null,
  },
  'winston-zhang-orz-gpu': { title: 'winston-zhang-orz/gpu-specs specs.md', url: null },
  'nvidia-h100-datasheet-2287922': {
    title: 'NVIDIA H100 datasheet 2287922 (2022), PCIe column',
    url: 'https://web.archive.org/web/20221220065836/https://nvdam.widen.net/content/vuzumiozpb/original/h100-datasheet-2287922.pdf',
  },
  'nvidia-h100-whitepaper-v1': { title: 'NVIDIA H100 whitepaper V1.04', url: 'https://nvdam.widen.net/s/95bdhpsgrs' },
  'nvidia-blackwell-datasheet-3384703': {
    title: 'NVIDIA Blackwell datasheet 3384703, per-GPU table',
    url: 'https://nvdam.widen.net/s/wwnsxrhm2w/blackwell-datasheet-3384703',
  },
  'stas00-ml-engineering-compute': {
    title: 'stas00/ml-engineering compute/accelerator/README.md (dense table)',
    url: 'https://github.com/stas00/ml-engineering/blob/744d01e18b79512572f64a6bbd8b5f4a725203a7/compute/accelerator/README.md',
  },
  'nvidia-v100-datasheet-1165301': {
    title: 'NVIDIA V100 datasheet 1165301-r5',
    url: 'https://images.nvidia.com/content/technologies/volta/pdf/volta-v100-datasheet-update-us-1165301-r5.pdf',
  },
  'quoting-nvidia-product-l4': { title: 'Table quoting NVIDIA product pages (L4, A10, T4, L40S)', url: null },
  'nvidia-l4-datasheet': {
    title: 'NVIDIA L4 datasheet',
    url: 'https://resources.nvidia.com/en-us-gpu-resources/l4-tensor-datasheet',
  },
  'nvidia-l40s-datasheet': {
    title: 'NVIDIA L40S page and datasheet',
    url: 'https://www.nvidia.com/en-us/data-center/l40s/',
  },
  'nvidia-t4-datasheet-951643': {
    title: 'NVIDIA T4 datasheet 951643',
    url: 'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/tesla-t4/t4-tensor-core-datasheet-951643.pdf',
  },
  'nvidia-a10-datasheet': {
    title: 'NVIDIA A10 datasheet',
    url: 'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a10/pdf/a10-datasheet.pdf',
  },
  'aws-a10g-datasheet-allenai': {
    title: 'AWS A10G datasheet, quoted in allenai/OLMo-core, speed_monitor.py',
    url: null,
  },
  'nvidia-a40-datasheet': {
    title: 'NVIDIA A40 datasheet',
    url: 'https://images.nvidia.com/content/Solutions/data-center/a40/nvidia-a40-datasheet.pdf',
  },
  'nvidia-rtx-a6000-datasheet': {
    title: 'NVIDIA RTX A6000 datasheet 1454980-r9',
    url: 'https://www.nvidia.com/content/dam/en-zz/Solutions/design-visualization/quadro-product-literature/proviz-print-nvidia-rtx-a6000-datasheet-us-nvidia-1454980-r9-web%20(1).pdf',
  },
  'worked-out': { title: 'worked out from other figures of the device', url: null },
  'nvidia-rtx-6000-ada': { title: 'NVIDIA RTX 6000 Ada page', url: null },
  'gau-nernst-blog-citing': {
    title: 'gau-nernst blog table citing NVIDIA whitepapers (FP16 with FP32 / FP16 accumulate)',
    url: null,
  },
  'nvidia-rtx-pro-6000': { title: 'NVIDIA RTX PRO 6000 whitepaper v1.0 and datasheet', url: null },
  'nvidia-ga102-rtx-blackwell': { title: 'NVIDIA GA102 / RTX Blackwell whitepaper rows', url: null },
  'nvidia-ada-gpu-architecture': { title: 'NVIDIA Ada GPU architecture whitepaper v2.02/2.1, Appendix A', url: null },
  'nvidia-rtx-blackwell-gpu': { title: 'NVIDIA RTX Blackwell GPU architecture whitepaper', url: null },
  'nvidia-turing-architecture-depth': {
    title: 'NVIDIA Turing Architecture In-Depth (NVIDIA blog): GTX 1080 Ti column',
    url: null,
  },
  'jetson-nano': { title: 'Jetson Nano figures', url: null },
  'ultralytics-jetson-cites-nvidia': { title: 'Ultralytics Jetson table (cites NVIDIA)', url: null },
  'hugging-face-hardware-jetson': {
    title: 'Hugging Face hardware page, Jetson Xavier NX',
    url: 'https://huggingface.co/hardware/jetson-xavier-nx',
  },
  'l4t-32-4-3': {
    title: 'L4T 32.4.3 downloads list and Chinese report of the NVIDIA announcement (14 TOPS at 10 W, 21 TOPS at 15 W)',
    url: 'https://www.github.com/ysh329/embedded-ai.bi-weekly/blob/master/embedded-ai-report/2019-11-18.md',
  },
  'jetson-orin-data-sheets': { title: 'Jetson Orin data sheets DS-11105-001, DS-10712, DS-10662', url: null },
  'nvidia-blog-orin-nano': {
    title: 'NVIDIA blog on Orin Nano / Orin Nano Super: dense INT8 and FP16',
    url: 'https://developer.nvidia.com/blog/nvidia-jetson-orin-nano-developer-kit-gets-a-super-boost/',
  },
  'nvidia-jetson-orin-nx': {
    title: 'NVIDIA Jetson Orin NX Series datasheet (PDF text seen)',
    url: 'https://github.com/icub-tech-iit/cad-libraries/files/13056089/JETSON-ORIN-NX-DATASHEET.pdf',
  },
  'nvidia-jetson-agx-orin': { title: 'NVIDIA Jetson AGX Orin technical brief', url: null },
  'nvidia-jetson-thor-t5000': { title: 'NVIDIA Jetson Thor T5000 page and data sheet', url: null },
  'anandtech-mi210-article-mi250': {
    title: 'AnandTech MI210 article table (MI250, MI210, MI100)',
    url: 'https://www.anandtech.com/show/17326/amd-releases-instinct-mi210-accelerator-cdna-2-on-a-pcie-card',
  },
  'citing-amd-product-datasheets': {
    title: 'Table citing AMD product pages and datasheets (MI210, MI250X, MI300X, MI325X, 7900 XTX)',
    url: null,
  },
  'mi250x-matrix-several-course': { title: 'MI250X matrix figures in several course and HPC-centre texts', url: null },
  'amd-rocm-docs-mi250': {
    title: 'AMD ROCm docs: MI250 microarchitecture',
    url: 'https://rocm.docs.amd.com/en/docs-7.14.0/_sources/reference/gpu-arch/mi250.md',
  },
  'amd-instinct-mi300x-data': {
    title: 'AMD Instinct MI300X data sheet',
    url: 'https://www.amd.com/content/dam/amd/en/documents/instinct-tech-docs/data-sheets/amd-instinct-mi300x-data-sheet.pdf',
  },
  'amd-instinct-mi325x-datasheet': {
    title: 'AMD Instinct MI325X datasheet',
    url: 'https://www.amd.com/content/dam/amd/en/documents/instinct-tech-docs/product-briefs/instinct-mi325x-datasheet.pdf',
  },
  'amd-instinct-mi355x-datasheet': {
    title: 'AMD Instinct MI355X datasheet LE-92703-00',
    url: 'https://www.amd.com/content/dam/amd/en/documents/instinct-tech-docs/product-briefs/amd-instinct-mi355x-gpu-brochure.pdf',
  },
  'amd-rx-7900-xtx': {
    title: 'AMD RX 7900 XTX page',
    url: 'https://www.amd.com/en/products/graphics/desktops/radeon/7000-series/amd-radeon-rx-7900xtx.html',
  },
  'amd-radeon-ai-pro': {
    title: 'AMD Radeon AI PRO R9700 page',
    url: 'https://www.amd.com/en/products/graphics/workstations/radeon-ai-pro/ai-9000-series/amd-radeon-ai-pro-r9700.html',
  },
  'deck-listing-tpu-generations': {
    title: 'Deck listing TPU generations and years',
    url: 'https://brendanjameslynskey.github.io/Google_TPU_02_Generations_Overview/',
  },
  'google-jax-jax-src': {
    title: 'Google JAX: jax/_src/pallas/mosaic/tpu_info.py',
    url: 'https://github.com/jax-ml/jax/blob/04c63627260d095cbc1cf03fb819c520d7c659f6/jax/_src/pallas/mosaic/tpu_info.py',
  },
  'google-cloud-documentation-tpu': {
    title: 'Google Cloud documentation: TPU v3',
    url: 'https://docs.cloud.google.com/tpu/docs/v3',
  },
  'google-cloud-documentation-tpu-2': {
    title: 'Google Cloud documentation: TPU v4',
    url: 'https://docs.cloud.google.com/tpu/docs/v4',
  },
  'google-cloud-documentation-tpu-3': {
    title: 'Google Cloud documentation: TPU v5e',
    url: 'https://docs.cloud.google.com/tpu/docs/v5e',
  },
  'google-cloud-documentation-tpu-4': {
    title: 'Google Cloud documentation: TPU v5p',
    url: 'https://docs.cloud.google.com/tpu/docs/v5p',
  },
  'google-cloud-documentation-tpu-5': {
    title: 'Google Cloud documentation: TPU v6e',
    url: 'https://docs.cloud.google.com/tpu/docs/v6e',
  },
  'google-cloud-documentation-tpu7x': { title: 'Google Cloud documentation: TPU7x', url: null },
  'coral-edge-tpu-technology': {
    title: 'Coral: Edge TPU technology and performance pages',
    url: 'https://coral.ai/docs/edgetpu/benchmarks/',
  },
  'aws-neuron-docs-trainium': {
    title: 'AWS Neuron docs: Trainium architecture',
    url: 'https://awsdocs-neuron.readthedocs-hosted.com/en/latest/general/arch/neuron-hardware/trainium.html',
  },
  'aws-neuron-docs-inferentia2': {
    title: 'AWS Neuron docs: Inferentia2 architecture',
    url: 'https://awsdocs-neuron.readthedocs-hosted.com/en/latest/general/arch/neuron-hardware/inferentia2.html',
  },
  'aws-neuron-docs-trainium2': {
    title: 'AWS Neuron docs: Trainium2 architecture',
    url: 'https://awsdocs-neuron.readthedocs-hosted.com/en/v2.29.0/_sources/about-neuron/arch/neuron-hardware/trainium2.rst',
  },
  'tomy0000000-docs-docs-misc': { title: 'tomy0000000/docs docs/misc/apple/chips.md (release calendar)', url: null },
  'apple-silicon-gpu-list': {
    title: 'Apple Silicon GPU list (name, memory, bandwidth) maintained beside gpu-info-api data',
    url: null,
  },
  'philipturner-metal-benchmarks-readme': {
    title: 'philipturner/metal-benchmarks README',
    url: 'https://github.com/philipturner/metal-benchmarks/blob/dc2adc640a1588246f4471d415aa6873cb6e3499/README.md',
  },
  'citing-apple-newsroom-bandwidth': { title: 'Table citing Apple newsroom pages (bandwidth)', url: null },
  'app-sidekick-gpu-swift': { title: 'the app Sidekick, GPU.swift (Apple GPU TFLOPS)', url: null },
  'huggingface-js-pull-request': {
    title: 'huggingface.js pull request 1044 (Apple GPU TFLOPS)',
    url: 'https://github.com/huggingface/huggingface.js/pull/1044',
  },
  'hugging-face-docs-intel': {
    title: 'Hugging Face docs: Intel Gaudi memory sizes',
    url: 'https://huggingface.co/docs/transformers/v5.10.2/perf_train_gaudi',
  },
  'press-reseller-gaudi-2': { title: 'Press and reseller tables for Gaudi 2 / Gaudi 3', url: null },
  'arc-b580-intel-ark': { title: 'Arc B580 figures (Intel ARK, quoted)', url: null },
  'raspberry-pi-4-product': { title: 'Raspberry Pi 4 product brief (LPDDR4-3200)', url: null },
  'pigirons-cpufp-measured-peak': { title: 'pigirons/cpufp measured peak, BCM2711', url: null },
  'raspberry-pi-documentation-bcm2712': { title: 'Raspberry Pi documentation bcm2712.adoc', url: null },
  'pigirons-cpufp-measured-peak-2': { title: 'pigirons/cpufp measured peak, BCM2712', url: null },
  'hailo-community-hailo-ai': { title: 'Hailo community / hailo.ai (26 TOPS)', url: null },
  'press-snapdragon-x-elite': { title: 'Press tables on Snapdragon X Elite', url: null },
  'snapdragon-8-gen-3': { title: 'Tables on Snapdragon 8 Gen 3 (LPDDR5X-9600)', url: null },
} as const satisfies Record<string, { readonly title: string; readonly url: string | null }>;

export type SourceId = keyof typeof SOURCES;
