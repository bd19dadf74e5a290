import { byName } from '../../../source/by-name.js';
import type { Builder } from '../model.js';
import { families as audioLanguage } from './audio-language.js';
import { families as bart } from './bart.js';
import { families as bert } from './bert.js';
import { families as bertKin } from './bert-kin.js';
import { families as blip } from './blip.js';
import { families as chameleon } from './chameleon.js';
import { families as clip } from './clip.js';
import { families as convnets } from './convnets.js';
import { families as cvt } from './cvt.js';
import { families as dbrx } from './dbrx.js';
import { families as deberta } from './deberta.js';
import { families as deepseek4 } from './deepseek4.js';
import { families as delta } from './delta.js';
import { families as detr } from './detr.js';
import { families as dinov3 } from './dinov3.js';
import { families as encodec } from './encodec.js';
import { families as encoders } from './encoders.js';
import { families as experts } from './experts.js';
import { families as focalnet } from './focalnet.js';
import { families as funnel } from './funnel.js';
import { families as gemma } from './gemma.js';
import { families as gemmaTowers } from './gemma-towers.js';
import { families as gemma3n } from './gemma3n.js';
import { families as gemma4 } from './gemma4.js';
import { families as glm } from './glm.js';
import { families as glmVision } from './glm-vision.js';
import { families as gotOcr } from './got-ocr.js';
import { families as gpt } from './gpt.js';
import { families as graniteHybrid } from './granite-hybrid.js';
import { families as hiera } from './hiera.js';
import { families as hrm } from './hrm.js';
import { families as hunyuan } from './hunyuan.js';
import { families as hybrids } from './hybrids.js';
import { families as imageText } from './image-text.js';
import { families as inkling } from './inkling.js';
import { families as janus } from './janus.js';
import { families as kosmos } from './kosmos.js';
import { families as latent } from './latent.js';
import { families as levit } from './levit.js';
import { families as lfm } from './lfm.js';
import { families as llama } from './llama.js';
import { families as llavaKin } from './llava-kin.js';
import { families as long } from './long.js';
import { families as longformer } from './longformer.js';
import { families as mamba } from './mamba.js';
import { families as minimax3 } from './minimax3.js';
import { families as mllama } from './mllama.js';
import { families as mobile } from './mobile.js';
import { families as mobilebert } from './mobilebert.js';
import { families as mobilevit } from './mobilevit.js';
import { families as mobilevitv2 } from './mobilevitv2.js';
import { families as modern } from './modern.js';
import { families as neomme } from './neomme.js';
import { families as opt } from './opt.js';
import { families as ownCode } from './own-code.js';
import { families as plain } from './plain.js';
import { families as prophetnet } from './prophetnet.js';
import { families as qformer } from './qformer.js';
import { families as resamplers } from './resamplers.js';
import { families as rwkv } from './rwkv.js';
import { families as segformer } from './segformer.js';
import { families as speech } from './speech.js';
import { families as stages } from './stages.js';
import { families as swiftformer } from './swiftformer.js';
import { families as swin } from './swin.js';
import { families as t5 } from './t5.js';
import { families as t5gemma2 } from './t5gemma2.js';
import { families as vit } from './vit.js';
import { families as vlm } from './vlm.js';
import { families as xlnet } from './xlnet.js';
import { families as xlstm } from './xlstm.js';
import { families as zaya } from './zaya.js';

/** Every model type that is built. */
export const FAMILIES: Readonly<Record<string, Builder>> = byName({
  ...llavaKin,
  ...audioLanguage,
  ...glmVision,
  ...resamplers,
  ...janus,
  ...chameleon,
  ...kosmos,
  ...qformer,
  ...gotOcr,
  ...mllama,
  ...gemmaTowers,
  ...bart,
  ...bert,
  ...bertKin,
  ...blip,
  ...clip,
  ...convnets,
  ...cvt,
  ...dbrx,
  ...deberta,
  ...deepseek4,
  ...delta,
  ...dinov3,
  ...encodec,
  ...detr,
  ...encoders,
  ...experts,
  ...funnel,
  ...gemma,
  ...gemma3n,
  ...gemma4,
  ...glm,
  ...gpt,
  ...hrm,
  ...hiera,
  ...ownCode,
  ...hunyuan,
  ...graniteHybrid,
  ...hybrids,
  ...imageText,
  ...inkling,
  ...latent,
  ...lfm,
  ...llama,
  ...long,
  ...longformer,
  ...mamba,
  ...minimax3,
  ...focalnet,
  ...levit,
  ...mobile,
  ...mobilebert,
  ...mobilevitv2,
  ...mobilevit,
  ...modern,
  ...neomme,
  ...opt,
  ...plain,
  ...prophetnet,
  ...rwkv,
  ...segformer,
  ...speech,
  ...stages,
  ...swiftformer,
  ...swin,
  ...t5,
  ...t5gemma2,
  ...vit,
  ...vlm,
  ...xlnet,
  ...xlstm,
  ...zaya,
});
